/* The order form: one question about the whole order after each pause in typing brings prices, promises, margin and the
   credit that is left; Ctrl+Enter saves, Alt+P takes the first day on which everything can be there; a field whose text
   depends on another's choice; a new customer without leaving the order. */
(() => {
  "use strict";

  const WAIT = 250;
  const SENT = ["product", "quantity", "unit", "price", "discount", "tax"];

  class Figures {
    constructor(root) {
      this.root = root;
      this.form = root.closest("form");
      this.ask = erp.debounce(WAIT, () => this.load());
      root.addEventListener("picked", (event) => this.picked(event.target.closest("tr")));
      for (const name of ["input", "picked", "pasted"]) root.addEventListener(name, () => this.changed());
      // What this script fills in is told by a "change" that nobody made.
      root.addEventListener("change", (event) => event.target !== root && this.changed());
      root.addEventListener("click", (event) => event.target.closest("[data-line-remove]") && this.changed());
      for (const name of ["customer", "warehouse"]) {
        const field = this.form.elements[name];
        if (field) field.addEventListener("change", () => this.changed());
      }
      this.form.addEventListener("submit", () => this.leave());
      this.form.addEventListener("keydown", (event) => this.key(event));
      const take = root.querySelector("[data-take-date]");
      if (take) take.addEventListener("click", () => this.promise());
      this.changed();
    }

    rows() {
      return [...this.root.querySelectorAll("[data-lines-body] > tr")].filter((row) => !row.hidden);
    }

    field(row, name) {
      return row.querySelector(`[data-f="${name}"]`);
    }

    changed() {
      this.stale = true;
      this.ask();
    }

    // What the server filled in may be replaced; what a person typed may not.
    isOurs(field) {
      return !field.value || field.dataset.filled === field.value;
    }

    fill(row, name, text) {
      const field = this.field(row, name);
      if (!field || !this.isOurs(field)) return;
      field.value = text;
      field.dataset.filled = text;
    }

    picked(row) {
      for (const name of ["price", "discount"]) {
        const field = row && this.field(row, name);
        if (field) field.dataset.filled = field.value;
      }
    }

    // A price that belongs to what stood here before must not be saved as if it had been typed: blank is the list's.
    leave() {
      for (const row of this.rows()) {
        if (!this.stale && this.field(row, "product").value) continue;
        for (const name of ["price", "discount"]) {
          const field = this.field(row, name);
          if (field && this.isOurs(field)) field.value = "";
        }
      }
    }

    question(rows) {
      const value = (name) => (this.form.elements[name] || {}).value || "";
      const lines = rows.map((row, index) => {
        const line = { row: index };
        for (const name of SENT) {
          const field = this.field(row, name);
          const ours = (name === "price" || name === "discount") && field && this.isOurs(field);
          line[name] = field && !ours ? field.value : "";
        }
        return line;
      });
      return { customer: value("customer"), warehouse: value("warehouse"), order: this.root.dataset.order || "", lines };
    }

    async load() {
      const rows = this.rows();
      if (this.running) this.running.abort();
      const running = (this.running = new AbortController());
      const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": erp.csrf() };
      this.stale = false;
      try {
        const body = JSON.stringify(this.question(rows));
        const response = await fetch(this.root.dataset.figuresUrl, { method: "POST", body, headers, signal: running.signal });
        const answer = response.ok ? await response.json() : null;
        if (running !== this.running) return;
        if (answer && !this.stale) this.show(rows, answer);
        else this.stale = true;
      } catch {
        this.stale = true; // offline: the server prices the lines when they are saved
      }
    }

    show(rows, answer) {
      const known = new Map(answer.lines.map((line) => [line.row, line]));
      for (const [index, row] of rows.entries()) {
        const line = known.get(index);
        const note = row.querySelector("[data-line-stock]");
        if (note) note.textContent = line ? line.promise : "";
        if (note) note.classList.toggle("is-short", Boolean(line) && !line.enough);
        if (!line) continue;
        this.fill(row, "price", line.price);
        this.fill(row, "discount", line.discount);
      }
      for (const name of ["margin", "credit", "earliest"]) this.figure(name, answer[name]);
      this.root.dispatchEvent(new Event("change"));
      this.root.dispatchEvent(new CustomEvent("figures", { bubbles: true, detail: answer }));
    }

    figure(name, value) {
      this.root.querySelectorAll(`[data-figure="${name}"]`).forEach((place) => {
        place.hidden = !value;
        const text = place.querySelector("[data-figure-text]");
        if (!value || !text) return;
        text.textContent = value.text;
        text.classList.toggle("negative", Boolean(value.bad));
        if (value.date) place.dataset.date = value.date;
      });
    }

    // The first day on which everything can be there becomes the promised date.
    promise() {
      const place = this.root.querySelector("[data-figure='earliest']");
      const field = this.form.elements.promised_date;
      if (!place || place.hidden || !field) return;
      field.value = place.dataset.date;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
      erp.announce(`${this.root.dataset.promised} ${field.value}`);
    }

    key(event) {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
        event.preventDefault();
        this.form.requestSubmit(this.form.querySelector("[type=submit].btn-primary"));
      }
      if (event.altKey && event.code === "KeyP") {
        event.preventDefault();
        this.promise();
      }
    }
  }

  // The picker moves its input into a box, and so takes the focus away that `autofocus` gave.
  // With the customer given (from the customer's page) the first thing to type is a product.
  erp.behaviour("[data-first-field]", (field) => {
    const product = document.querySelector("[data-lines-body] [data-picker]");
    (field.value && product ? product : field).focus();
  });

  erp.behaviour("[data-order-lines]", (root) => new Figures(root));

  // <select data-shows="#x" data-shows-when="new">: the <details> #x opens with that choice and closes with another.
  erp.behaviour("select[data-shows]", (select) => {
    const part = document.querySelector(select.dataset.shows);
    if (!part) return;
    const show = () => (part.open = select.value === select.dataset.showsWhen);
    select.addEventListener("change", show);
  });

  erp.behaviour("[data-new-customer]", (link) => {
    const dialog = document.getElementById("new-customer");
    if (!dialog || !dialog.showModal) return;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      dialog.showModal();
      document.getElementById("new-customer-body").dispatchEvent(new CustomEvent("open-dialog"));
    });
    document.body.addEventListener("customer-created", (event) => {
      const made = event.detail;
      const hidden = document.querySelector("input[name='customer']");
      document.querySelector("input[name='customer_text']").value = `${made.code} ${made.name}`;
      hidden.value = made.id;
      hidden.dispatchEvent(new Event("change", { bubbles: true }));
      dialog.close();
    });
  });
})();
