/* The lines editor: <div data-lines> holds a <tbody data-lines-body> of rows, a <template data-lines-template> whose
   `__n__` becomes the row's number, an optional <input data-lines-count>, and [data-sum="total"] places.
   In a row: [data-picker], [data-f="quantity|price|discount|tax"], [data-line-total], [data-line-remove].
   Enter goes to what the row still needs, then to the next line, which it makes; ↑ and ↓ stay in the column; a block
   pasted from Excel becomes rows.
   Sums are computed here in whole numbers only to be seen at once; the server computes them again. */
(() => {
  "use strict";
  const SCALE = 1000000n; // six decimals

  // "12.5" → 12500000n; null when it is not a number.
  const units = (text) => {
    const clean = String(text || "").replace(/[,，\s¥$]/g, "");
    const match = /^(-?)(\d*)(?:\.(\d{0,6})\d*)?$/.exec(clean);
    if (!match || (!match[2] && !match[3])) return null;
    const value = BigInt(match[2] || "0") * SCALE + BigInt((match[3] || "").padEnd(6, "0"));
    return match[1] ? -value : value;
  };
  const divide = (a, b) => (a >= 0n ? (2n * a + b) / (2n * b) : -((-2n * a + b) / (2n * b))); // half up
  const cents = (value) => divide(value * 100n, SCALE);
  const shown = (value) => {
    const text = (value < 0n ? -value : value).toString().padStart(3, "0");
    return `${value < 0n ? "-" : ""}${text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",")}.${text.slice(-2)}`;
  };
  erp.exact = { units, cents, shown };

  class Lines {
    constructor(root) {
      this.root = root;
      root.lines = this;
      this.body = root.querySelector("[data-lines-body]");
      this.template = root.querySelector("template[data-lines-template]");
      this.counter = root.querySelector("[data-lines-count]") || document.querySelector("[name$='-TOTAL_FORMS']");
      this.next = this.rows().length;
      root.addEventListener("input", () => this.sum());
      root.addEventListener("change", () => this.sum());
      root.addEventListener("picked", (event) => this.picked(event));
      root.addEventListener("keydown", (event) => this.key(event));
      root.addEventListener("paste", (event) => this.paste(event));
      root.addEventListener("click", (event) => {
        const remove = event.target.closest("[data-line-remove]");
        if (remove) this.remove(remove.closest("tr"));
        if (event.target.closest("[data-line-add]")) this.add().querySelector("input:not([type=hidden])").focus();
      });
      this.body.querySelectorAll("select[data-f='unit']").forEach((field) => this.single(field));
      this.count();
      this.sum();
    }

    rows() {
      return [...this.body.querySelectorAll(":scope > tr")];
    }

    add() {
      const holder = document.createElement("tbody");
      holder.innerHTML = this.template.innerHTML.replaceAll("__n__", this.next++);
      const row = holder.querySelector("tr");
      this.body.append(row);
      this.count();
      erp.bind(row);
      if (window.htmx) htmx.process(row);
      return row;
    }

    remove(row) {
      const after = row.nextElementSibling;
      const mark = row.querySelector("[name$='-DELETE']");
      if (mark) {
        mark.type === "checkbox" ? (mark.checked = true) : (mark.value = "on");
        row.hidden = true;
      } else row.remove();
      if (!this.rows().some((other) => !other.hidden)) this.add();
      const next = after && !after.hidden ? after : this.rows().filter((other) => !other.hidden).pop();
      const field = next && next.querySelector("input:not([type=hidden])");
      if (field) field.focus();
      erp.announce(erp.words.removed);
      this.count();
      this.sum();
    }

    count() {
      if (this.counter) this.counter.value = this.next;
      this.rows().filter((row) => !row.hidden).forEach((row, index) => {
        const place = row.querySelector("[data-line-position]");
        if (place) place.textContent = index + 1;
      });
    }

    field(row, name) {
      return row.querySelector(`[data-f="${name}"]`);
    }

    picked(event) {
      const row = event.target.closest("tr");
      if (!row) return;
      const item = event.detail;
      this.offer(row, item.units || [], item.unit);
      for (const name of ["price", "tax"]) {
        const place = this.field(row, name);
        if (place && item[name] !== undefined) place.value !== undefined ? (place.value = item[name]) : (place.textContent = item[name]);
      }
      const quantity = this.field(row, "quantity");
      if (quantity) {
        if (!quantity.value) quantity.value = "1";
        quantity.dataset.before = quantity.value;
        quantity.focus();
        quantity.select();
      }
      this.sum();
    }

    // The units of the row's product; a product of one unit does not stop the tab key.
    offer(row, names, chosen) {
      const field = this.field(row, "unit");
      if (!field) return;
      if (field.tagName !== "SELECT") return void (field.textContent = chosen || "");
      field.replaceChildren(...names.map((name) => new Option(name, name, name === chosen, name === chosen)));
      this.single(field);
    }

    single(field) {
      field.classList.toggle("is-single", field.options.length < 2);
      field.tabIndex = field.options.length < 2 ? -1 : 0;
    }

    key(event) {
      const row = event.target.closest("tr");
      if (!row || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, button, a, summary")) return;
      const steps = { ArrowUp: -1, ArrowDown: 1 };
      if (steps[event.key] && !event.target.matches("select")) this.step(event, row, steps[event.key]);
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (event.target === this.field(row, "quantity") && /^\d{12,14}$/.test(event.target.value)) return this.scanned(row, event.target);
      const next = this.needed(row, event.target);
      if (next) return this.enter(next);
      const blank = event.target.matches("[role=combobox]") && !event.target.value.trim();
      const send = blank && this.root.closest("form").querySelector("[type=submit].btn-primary");
      if (send) return send.focus(); // an empty line is the end of the order
      this.enter(this.first(this.after(row)));
    }

    after(row) {
      const rows = this.rows().filter((one) => !one.hidden);
      return rows[rows.indexOf(row) + 1] || this.add();
    }

    first(row) {
      return row.querySelector("input:not([type=hidden])");
    }

    enter(field) {
      field.focus();
      if (field.select) field.select();
    }

    // What must still be filled or mended behind a field of its row; from an empty product nothing leads on.
    needed(row, from) {
      const fields = [...row.querySelectorAll("input:not([type=hidden]), select")].filter((field) => field.offsetParent);
      const quantity = this.field(row, "quantity");
      const lacks = (field) => field.getAttribute("aria-invalid") === "true" || (field === quantity && !(units(field.value) > 0n));
      if (from.matches("[role=combobox]") && !from.value.trim()) return null;
      return fields.slice(fields.indexOf(from) + 1).find(lacks);
    }

    step(event, row, by) {
      const rows = this.rows().filter((one) => !one.hidden);
      const other = rows[rows.indexOf(row) + by];
      const column = (event.target.name || "").replace(/^.*-/, "");
      const field = other && column && other.querySelector(`[name$="-${column}"]:not([type=hidden])`);
      if (!field) return;
      event.preventDefault();
      this.enter(field);
    }

    // A barcode that was read into the quantity is the next line's.
    scanned(row, field) {
      const code = field.value;
      field.value = field.dataset.before || "1";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      const input = this.first(this.after(row));
      input.focus();
      input.value = code;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    }

    // The same product in two lines is often meant, and often not: each says where the other is.
    twins() {
      const words = this.root.dataset.twice;
      if (!words) return;
      const rows = this.rows().filter((row) => !row.hidden);
      const id = (row) => (this.field(row, "product") || {}).value;
      for (const [index, row] of rows.entries()) {
        const note = row.querySelector("[data-line-twice]");
        const other = id(row) ? rows.findIndex((one, at) => at !== index && id(one) === id(row)) : -1;
        if (note) note.textContent = other < 0 ? "" : words.replace("{n}", other + 1);
      }
    }

    // Columns: product, quantity, and price when there is a third.
    async paste(event) {
      if (this.root.dataset.pasteUrl) return; // paste.js asks the server what the cells mean
      const text = (event.clipboardData || window.clipboardData).getData("text");
      const table = text.replace(/\r/g, "").split("\n").filter((line) => line.trim()).map((line) => line.split("\t").map((cell) => cell.trim()));
      if (table.length < 2 && table[0] && table[0].length < 2) return;
      event.preventDefault();
      let row = event.target.closest("tr");
      for (const [index, [product, quantity, price]] of table.entries()) {
        if (index) row = row.nextElementSibling || this.add();
        const input = row.querySelector("[role='combobox'], [data-picker]");
        await this.find(row, input, product);
        this.set(row, "quantity", quantity);
        this.set(row, "price", price);
      }
      this.sum();
    }

    set(row, name, text) {
      const field = this.field(row, name);
      if (field && text && units(text) !== null) field.value = text.replace(/[,，\s¥$]/g, "");
    }

    async find(row, input, text) {
      const url = new URL(input.dataset.picker || this.root.dataset.linesPicker, location.href);
      url.searchParams.set("q", text);
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      const items = answer.ok ? (await answer.json()).items || [] : [];
      const wanted = text.toLowerCase();
      const item = items.find((one) => String(one.code || "").toLowerCase() === wanted) || (items.length === 1 ? items[0] : null);
      input.value = item ? [item.code, item.name].filter(Boolean).join(" ") : text;
      const target = row.querySelector("[data-f='product']");
      if (target && target !== input) target.value = item ? item.id : "";
      input.toggleAttribute("aria-invalid", !item);
      if (item) for (const name of ["price", "tax"]) {
        const place = this.field(row, name);
        if (place && item[name] !== undefined) place.value = item[name];
      }
    }

    line(row) {
      const read = (name, fallback) => {
        const field = this.field(row, name);
        return units(field ? field.value : "") ?? fallback;
      };
      const quantity = read("quantity", 0n);
      const price = read("price", 0n);
      // Per cent; a share (0.1) where the editor says data-discount="share".
      const discount = read("discount", 0n) * (this.root.dataset.discount === "share" ? 100n : 1n);
      const whole = divide(quantity * price * 100n, SCALE * SCALE);
      const net = divide(quantity * price * (100n * SCALE - discount), SCALE * SCALE * SCALE);
      const tax = divide(net * read("tax", 0n), SCALE); // a ratio: 0.13
      return { net, tax, discount: whole - net };
    }

    sum() {
      let untaxed = 0n;
      let tax = 0n;
      let discount = 0n;
      for (const row of this.rows()) {
        if (row.hidden) continue;
        const line = this.line(row);
        untaxed += line.net;
        tax += line.tax;
        discount += line.discount;
        const place = row.querySelector("[data-line-total]");
        if (place) place.textContent = shown(line.net + line.tax);
      }
      const sums = { untaxed, tax, total: untaxed + tax, discount };
      this.root.querySelectorAll("[data-sum]").forEach((place) => (place.textContent = shown(sums[place.dataset.sum])));
      this.twins();
      this.root.dispatchEvent(new CustomEvent("summed", { bubbles: true, detail: sums }));
    }
  }

  erp.behaviour("[data-lines]", (root) => new Lines(root));
})();
