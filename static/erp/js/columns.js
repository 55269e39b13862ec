/* Rows of a list that change places: <ol data-sortable> with buttons data-move="up" and data-move="down". */
(() => {
  "use strict";
  erp.behaviour("[data-sortable]", (list) => {
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      const row = button.closest("li");
      const up = button.dataset.move === "up";
      const other = up ? row.previousElementSibling : row.nextElementSibling;
      if (!other || !other.querySelector("[data-move]")) return; // the first column stays the first
      if (up) other.before(row);
      else other.after(row);
      button.focus();
      erp.announce(row.querySelector("label").textContent);
    });
  });
})();
