/* data-mention="/people.json" on a textarea: after @ the colleagues who may see the document, by name, pinyin or user
   name. Arrows, Enter, Tab and Escape as in every list; Ctrl+Enter sends the form. */
(() => {
  "use strict";
  const RUN = /(?:^|[^A-Za-z0-9._%+-])@([\p{L}\p{N}_.·-]{0,40})$/u;
  let serial = 0;

  class Mention {
    constructor(field) {
      this.field = field;
      this.items = [];
      this.list = document.createElement("ul");
      this.list.className = "picker-list";
      this.list.id = `mention-${++serial}`;
      this.list.hidden = true;
      this.list.setAttribute("role", "listbox");
      const box = document.createElement("div");
      box.className = "picker mention-box";
      field.replaceWith(box);
      box.append(field, this.list);
      field.setAttribute("aria-autocomplete", "list");
      field.setAttribute("aria-controls", this.list.id);
      const ask = erp.debounce(120, () => this.ask());
      field.addEventListener("input", ask);
      field.addEventListener("keydown", (event) => this.key(event));
      field.addEventListener("blur", () => setTimeout(() => this.close(), 150));
      this.list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const row = event.target.closest("[data-index]");
        if (row) this.take(Number(row.dataset.index));
      });
    }

    run() {
      const found = RUN.exec(this.field.value.slice(0, this.field.selectionStart));
      return found ? found[1] : null;
    }

    async ask() {
      const typed = this.run();
      if (typed === null) return this.close();
      const turn = (this.turn = (this.turn || 0) + 1);
      try {
        const answer = await fetch(`${this.field.dataset.mention}?q=${encodeURIComponent(typed)}`);
        if (turn === this.turn && answer.ok) this.show((await answer.json()).items);
      } catch {
        this.close(); // offline: what is typed by hand is understood, too
      }
    }

    show(items) {
      this.items = items;
      if (!items.length) return this.close();
      this.list.replaceChildren(...items.map((item, index) => this.option(item, index)));
      this.list.hidden = false;
      this.move(0);
      erp.announce((erp.words.results || "").replace("{n}", items.length));
    }

    option(item, index) {
      const row = document.createElement("li");
      row.className = "picker-option";
      row.id = `${this.list.id}-${index}`;
      row.dataset.index = index;
      row.setAttribute("role", "option");
      for (const [name, text] of [["o-name", item.name], ["o-side", `@${item.handle}`], ["o-sub", item.sub]]) {
        const span = document.createElement("span");
        span.className = name;
        span.textContent = text || "";
        row.append(span);
      }
      return row;
    }

    close() {
      this.list.hidden = true;
      this.items = [];
      this.field.removeAttribute("aria-activedescendant");
    }

    move(to) {
      this.at = (to + this.items.length) % this.items.length;
      [...this.list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === this.at)));
      const row = this.list.children[this.at];
      row.scrollIntoView({ block: "nearest" });
      this.field.setAttribute("aria-activedescendant", row.id);
    }

    key(event) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return this.field.form.requestSubmit();
      if (this.list.hidden || !this.items.length || event.isComposing) return;
      if (event.key === "ArrowDown") this.move(this.at + 1);
      else if (event.key === "ArrowUp") this.move(this.at - 1);
      else if (event.key === "Escape") this.close();
      else if (event.key === "Enter" || event.key === "Tab") this.take(this.at);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    take(index) {
      const item = this.items[index];
      const typed = this.run();
      this.close();
      if (!item || typed === null) return;
      const end = this.field.selectionStart;
      this.field.setRangeText(`@${item.handle} `, end - typed.length - 1, end, "end");
      this.field.focus();
    }
  }

  erp.behaviour("textarea[data-mention]", (field) => new Mention(field));
})();
