/* The order form: prices and stock of each line as the customer, the product and the quantity ask for them; a field
   whose text depends on another's choice; a new customer without leaving the order. */
(() => {
  "use strict";

  class Prices {
    constructor(root) {
      this.root = root;
      this.customer = document.querySelector(root.dataset.customer);
      this.asked = new WeakMap();
      this.timers = new WeakMap();
      root.addEventListener("picked", (event) => this.forget(event.target.closest("tr")));
      root.addEventListener("picked", (event) => this.ask(event.target.closest("tr")));
      root.addEventListener("input", (event) => event.target.matches("[data-f='quantity']") && this.soon(event.target.closest("tr")));
      root.addEventListener("change", (event) => event.target.matches && event.target.matches("[data-f='unit']") && this.ask(event.target.closest("tr")));
      root.addEventListener("paste", () => setTimeout(() => this.all(), 600));
      if (this.customer) this.customer.addEventListener("change", () => this.all());
      this.all();
    }

    // Each row waits for itself: whoever types on in the next one must not lose this one's price.
    soon(row) {
      clearTimeout(this.timers.get(row));
      this.timers.set(row, setTimeout(() => this.ask(row), 250));
    }

    all() {
      this.root.querySelectorAll("[data-lines-body] > tr").forEach((row) => this.ask(row));
    }

    field(row, name) {
      return row.querySelector(`[data-f="${name}"]`);
    }

    // What the server filled in may be replaced; what a person typed may not.
    fill(row, name, text) {
      const field = this.field(row, name);
      if (!field) return;
      if (field.value && field.dataset.filled !== field.value) return;
      field.value = text;
      field.dataset.filled = text;
    }

    forget(row) {
      for (const name of ["price", "discount"]) {
        const field = row && this.field(row, name);
        if (field) field.dataset.filled = field.value;
      }
    }

    async ask(row) {
      const product = row && this.field(row, "product");
      const note = row && row.querySelector("[data-line-stock]");
      if (!product || !product.value) {
        if (note) note.textContent = "";
        return;
      }
      const url = new URL(this.root.dataset.priceUrl, location.href);
      url.searchParams.set("product", product.value);
      url.searchParams.set("quantity", this.field(row, "quantity").value || "1");
      url.searchParams.set("unit", (this.field(row, "unit") || {}).value || "");
      if (this.customer && this.customer.value) url.searchParams.set("customer", this.customer.value);
      const turn = (this.asked.get(row) || 0) + 1;
      this.asked.set(row, turn);
      let answer;
      try {
        const response = await fetch(url, { headers: { Accept: "application/json" } });
        if (!response.ok) return;
        answer = await response.json();
      } catch {
        return; // offline: the server prices the line when it is saved
      }
      if (this.asked.get(row) !== turn) return;
      this.fill(row, "price", answer.price);
      this.fill(row, "discount", answer.discount);
      note.textContent = answer.stock;
      note.classList.toggle("is-short", !answer.enough);
      this.root.dispatchEvent(new Event("change"));
    }
  }

  // The picker moves its input into a box, and so takes the focus away that `autofocus` gave.
  // With the customer given (from the customer's page) the first thing to type is a product.
  erp.behaviour("[data-first-field]", (field) => {
    const product = document.querySelector("[data-lines-body] [data-picker]");
    (field.value && product ? product : field).focus();
  });

  erp.behaviour("[data-order-lines]", (root) => new Prices(root));

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
