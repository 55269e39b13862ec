/* Typeahead: <input data-picker="/orders/pick/products/" data-picker-for="id_product">. The server answers
   {"items": [{"id": 7, "code": "A-1", "name": "…", "sub": "…", "side": "12.00", "side_sub": "…"}]} to ?q=…; choosing an
   item writes its id into the hidden field, `code name` into the input, and fires "picked" with the item.
   On a <select data-picker> the input is made here and the select keeps the value: without scripts it still works. */
(() => {
  "use strict";
  const MIN_CHARS = 1;
  let serial = 0;

  class Picker {
    constructor(input, target) {
      this.input = input;
      this.target = target;
      this.items = [];
      this.at = -1;
      this.url = (target.dataset.picker || input.dataset.picker);
      this.list = document.createElement("ul");
      this.list.className = "picker-list";
      this.list.id = `picker-${++serial}`;
      this.list.hidden = true;
      this.list.setAttribute("role", "listbox");
      const box = document.createElement("div");
      box.className = "picker";
      input.replaceWith(box);
      box.append(input, this.list);
      const aria = { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
      Object.entries(aria).forEach(([name, value]) => input.setAttribute(name, value));
      const ask = erp.debounce(120, () => this.ask());
      input.addEventListener("input", () => {
        this.choose(null);
        ask();
      });
      input.addEventListener("focus", () => input.select());
      input.addEventListener("keydown", (event) => this.key(event));
      input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
      this.list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const option = event.target.closest("[data-index]");
        if (option) this.take(Number(option.dataset.index));
      });
    }

    async ask() {
      const q = this.input.value.trim();
      if (this.chosen) return; // the question was answered before it was asked
      if (q.length < MIN_CHARS) return this.close();
      this.note(erp.words.searching);
      const turn = (this.turn = (this.turn || 0) + 1);
      const url = new URL(this.url, location.href);
      url.searchParams.set("q", q);
      try {
        const answer = await fetch(url, { headers: { Accept: "application/json" } });
        if (turn !== this.turn) return;
        const items = answer.ok ? (await answer.json()).items || [] : [];
        if (turn !== this.turn) return;
        this.shownFor = q;
        this.show(items);
      } catch {
        if (turn === this.turn) this.note(erp.words.offline);
      }
      if (this.wantsEnter && this.items.length) this.take(0);
      this.wantsEnter = false;
    }

    show(items) {
      this.items = items;
      if (!items.length) return this.note(erp.words.none);
      this.list.replaceChildren(...items.map((item, index) => this.option(item, index)));
      this.open();
      this.move(0);
      erp.announce((erp.words.results || "").replace("{n}", items.length));
    }

    option(item, index) {
      const row = document.createElement("li");
      row.className = "picker-option";
      row.id = `${this.list.id}-${index}`;
      row.dataset.index = index;
      row.setAttribute("role", "option");
      const parts = [["o-name", [item.code, item.name].filter(Boolean).join("  ")], ["o-side", item.side], ["o-sub", item.sub], ["o-side-sub", item.side_sub]];
      for (const [name, text] of parts) {
        const span = document.createElement("span");
        span.className = name;
        span.textContent = text || "";
        row.append(span);
      }
      return row;
    }

    note(text) {
      this.items = [];
      const row = document.createElement("li");
      row.className = "picker-note";
      row.textContent = text || "";
      this.list.replaceChildren(row);
      this.open();
    }

    open() {
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
    }

    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    move(to) {
      if (!this.items.length) return;
      this.at = (to + this.items.length) % this.items.length;
      [...this.list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === this.at)));
      const row = this.list.children[this.at];
      row.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", row.id);
    }

    key(event) {
      const shown = !this.list.hidden && this.items.length;
      const fresh = shown && this.shownFor === this.input.value.trim(); // not the answer to what stood here before
      if (event.key === "ArrowDown" && shown) this.move(this.at + 1);
      else if (event.key === "ArrowUp" && shown) this.move(this.at - 1);
      else if (event.key === "Escape" && !this.list.hidden) this.close();
      else if ((event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) && fresh) this.take(this.at);
      else if (event.key === "Enter" && !this.chosen && this.input.value.trim() && !this.target.value) {
        this.wantsEnter = true; // a scanner is faster than the answer
        this.ask();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }

    take(index) {
      const item = this.items[index];
      if (!item) return;
      this.turn = (this.turn || 0) + 1; // answers still on their way come too late
      this.input.value = [item.code, item.name].filter(Boolean).join(" ");
      this.choose(item);
      this.close();
      this.input.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: item }));
    }

    choose(item) {
      this.chosen = item;
      if (this.target.tagName === "SELECT") {
        const id = item ? String(item.id) : "";
        if (item && ![...this.target.options].some((option) => option.value === id)) this.target.add(new Option(this.input.value, id));
        this.target.value = id;
      } else if (this.target !== this.input) {
        this.target.value = item ? item.id : "";
      }
      this.target.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  erp.behaviour("select[data-picker]", (select) => {
    const input = document.createElement("input");
    input.type = "text";
    input.className = "form-control";
    input.id = `${select.id}-picker`;
    input.placeholder = select.dataset.placeholder || "";
    const chosen = select.selectedOptions[0];
    input.value = select.value && chosen ? chosen.textContent.trim() : "";
    const label = document.querySelector(`label[for="${select.id}"]`);
    if (label) label.htmlFor = input.id;
    else if (select.getAttribute("aria-label")) input.setAttribute("aria-label", select.getAttribute("aria-label"));
    ["aria-describedby", "aria-invalid"].forEach((name) => select.hasAttribute(name) && input.setAttribute(name, select.getAttribute(name)));
    select.hidden = true;
    select.required = false;
    select.before(input);
    new Picker(input, select);
  });

  erp.behaviour("input[data-picker]", (input) => {
    const scope = input.closest("tr, form") || document;
    const name = input.dataset.pickerFor;
    const target = name ? scope.querySelector(`[name="${CSS.escape(name)}"], #${CSS.escape(name)}`) : input;
    if (target) new Picker(input, target);
  });
})();
