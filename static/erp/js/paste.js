/* A block from a spreadsheet in the lines editor: <div data-lines data-paste-url>. The server says what each cell means;
   what is wrong stays in its cell, red, with the reason below it until the cell is changed. */
(() => {
  "use strict";
  const FIELDS = { text: "text", quantity: "quantity", price: "price", discount: "discount", wish: "wish" };

  const tableOf = (text) => text.replace(/\r/g, "").replace(/\n+$/, "").split("\n").map((line) => line.split("\t").map((cell) => cell.trim()));

  class Paste {
    constructor(root) {
      this.root = root;
      root.addEventListener("paste", (event) => this.paste(event));
      root.addEventListener("input", (event) => this.mended(event.target));
      root.addEventListener("change", (event) => event.target !== root && this.mended(event.target));
    }

    cell(row, name) {
      return row.querySelector(`[name$="-${name}"]`);
    }

    async paste(event) {
      const table = tableOf((event.clipboardData || window.clipboardData).getData("text"));
      if (table.length < 2 && table[0].length < 2) return;
      const start = event.target.closest("tr");
      if (!start) return;
      event.preventDefault();
      const filled = table.filter((cells) => cells.some(Boolean));
      const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": erp.csrf() };
      try {
        const response = await fetch(this.root.dataset.pasteUrl, { method: "POST", body: JSON.stringify({ table: filled }), headers });
        const answer = await response.json();
        if (!response.ok) return erp.toast(answer.error, "danger");
        this.fill(start, answer.rows);
      } catch {
        erp.toast(erp.words.offline, "danger");
      }
    }

    fill(start, rows) {
      const lines = this.root.lines;
      let row = start;
      let wrong = null;
      for (const [index, values] of rows.entries()) {
        if (index) row = lines.after(row);
        this.row(row, values);
        for (const [name, reason] of Object.entries(values.errors)) wrong = this.blame(row, name, reason) || wrong;
      }
      const first = this.root.querySelector("[data-lines-body] [aria-invalid='true']");
      lines.enter(wrong && first ? first : lines.first(lines.after(row)));
      lines.sum();
      this.root.dispatchEvent(new CustomEvent("pasted", { bubbles: true }));
    }

    row(row, values) {
      const lines = this.root.lines;
      lines.field(row, "product").value = values.product || "";
      for (const [name, key] of Object.entries(FIELDS)) {
        const field = this.cell(row, name);
        if (!field) continue;
        field.value = values[key] || "";
        delete field.dataset.filled;
        this.clear(field);
      }
      const unit = values.unit || "";
      const units = unit && !values.units.includes(unit) ? [...values.units, unit] : values.units;
      lines.offer(row, units, unit);
      const field = this.cell(row, "unit");
      if (field) this.clear(field);
    }

    blame(row, name, reason) {
      const field = this.cell(row, name);
      if (!field) return null;
      field.setAttribute("aria-invalid", "true");
      const words = document.createElement("p");
      words.className = "field-error";
      words.id = `${field.id}_pasted`;
      words.textContent = reason;
      field.setAttribute("aria-describedby", words.id);
      field.closest("td").append(words);
      return field;
    }

    clear(field) {
      field.removeAttribute("aria-invalid");
      const words = document.getElementById(`${field.id}_pasted`) || document.getElementById(`${field.id}_error`);
      if (words) words.remove();
    }

    mended(field) {
      if (field.getAttribute && field.getAttribute("aria-invalid") === "true") this.clear(field);
    }
  }

  erp.behaviour("[data-lines][data-paste-url]", (root) => new Paste(root));
})();
