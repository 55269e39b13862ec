/* form[data-talk="/talk/…/"]: files are laid on the document by button, by dropping them on the card and by pasting a
   picture, several at once, each with its progress; what was laid down while a comment is written goes with it. */
(() => {
  "use strict";
  const AT_ONCE = 3;

  class Uploads {
    constructor(form) {
      this.form = form;
      this.list = form.querySelector("[data-uploads]");
      this.queue = [];
      this.running = 0;
      form.querySelectorAll("[data-attach]").forEach((part) => (part.hidden = false));
      const input = form.querySelector("[data-files]");
      input.addEventListener("change", () => {
        this.add([...input.files]);
        input.value = "";
      });
      form.addEventListener("paste", (event) => {
        const files = [...(event.clipboardData || {}).files || []];
        if (!files.length) return;
        event.preventDefault();
        this.add(files.map((file) => this.named(file)));
      });
      form.addEventListener("htmx:afterRequest", (event) => {
        if (event.target !== form || !event.detail.successful) return;
        form.reset();
        this.list.replaceChildren();
        form.querySelector("textarea").focus();
      });
      form.addEventListener("htmx:confirm", (event) => this.running && event.target === form && event.preventDefault());
      this.drop(form.closest(".talk") || form);
    }

    // A picture from the clipboard is called image.png by every browser.
    named(file) {
      if (!/^image\.\w+$/.test(file.name)) return file;
      const at = new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 19);
      return new File([file], `${at.replace("T", " ").replace(/:/g, "-")}.${file.name.split(".").pop()}`, { type: file.type });
    }

    drop(card) {
      const files = (event) => [...((event.dataTransfer || {}).types || [])].includes("Files");
      card.addEventListener("dragover", (event) => {
        if (!files(event)) return;
        event.preventDefault();
        card.classList.add("is-target");
      });
      card.addEventListener("dragleave", (event) => card.contains(event.relatedTarget) || card.classList.remove("is-target"));
      card.addEventListener("drop", (event) => {
        if (!files(event)) return;
        event.preventDefault();
        card.classList.remove("is-target");
        this.add([...event.dataTransfer.files]);
      });
    }

    add(files) {
      for (const file of files) this.queue.push({ file, row: this.row(file) });
      this.next();
    }

    row(file) {
      const row = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = file.name;
      const bar = document.createElement("progress");
      bar.className = "progress-own";
      bar.max = 1;
      bar.value = 0;
      bar.setAttribute("aria-label", file.name);
      row.dataset.busy = "";
      row.append(name, bar);
      this.list.append(row);
      return row;
    }

    next() {
      while (this.running < AT_ONCE && this.queue.length) this.send(this.queue.shift());
    }

    send({ file, row }) {
      const { talk, largest, tooLarge, failed } = this.form.dataset;
      if (file.size > Number(largest)) {
        return this.refuse(row, tooLarge.replace("{name}", file.name).replace("{most}", Math.floor(largest / 1048576)));
      }
      const shared = this.form.querySelector("[data-for-customer]");
      const data = new FormData();
      data.append("file", file);
      if (shared && shared.checked) data.append("for_customer", "1");
      const call = new XMLHttpRequest();
      call.open("POST", `${talk}files/`);
      call.setRequestHeader("Accept", "application/json");
      call.setRequestHeader("X-CSRFToken", erp.csrf());
      call.responseType = "json";
      call.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) row.querySelector("progress").value = event.loaded / event.total;
      });
      call.addEventListener("loadend", () => {
        this.running -= 1;
        const answer = call.response || {};
        if (call.status === 200 && answer.files) this.kept(row, answer.files);
        else this.refuse(row, answer.error || failed);
        this.next();
        if (!this.running && !this.queue.length) this.refresh();
      });
      this.running += 1;
      call.send(data);
    }

    // One request at a time: a second one, asked for meanwhile, would swap into the list that the first has replaced.
    async refresh() {
      if (this.refreshing) return void (this.outdated = true);
      this.refreshing = true;
      do {
        this.outdated = false;
        await htmx.ajax("GET", this.form.dataset.talk, { target: "#talk-list", swap: "outerHTML" }).catch(() => {});
      } while (this.outdated);
      this.refreshing = false;
    }

    kept(row, files) {
      delete row.dataset.busy;
      row.querySelector("progress").remove();
      for (const file of files) {
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = "file";
        field.value = file.id;
        row.append(field);
      }
    }

    refuse(row, words) {
      row.remove();
      erp.toast(words, "danger");
    }
  }

  erp.behaviour("form[data-talk]", (form) => new Uploads(form));
})();
