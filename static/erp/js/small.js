/* Copy, print, labels of table cells for phones, ticking rows, and the page of an earlier visit. */
(() => {
  "use strict";
  erp.behaviour("[data-copy]", (button) => {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      erp.toast(erp.words.copied);
    });
  });
  erp.behaviour("[data-print]", (button) => button.addEventListener("click", () => window.print()));

  // On phones a row is a card; each value needs the name that its column has on a desk.
  const label = (row, names) => {
    [...row.cells].forEach((cell, index) => {
      if (names[index] && !cell.dataset.label && cell.colSpan === 1) cell.dataset.label = names[index];
    });
  };
  const names = (table) => [...table.querySelectorAll("thead th")].map((th) => (th.querySelector(".visually-hidden") ? "" : th.textContent.trim()));
  erp.behaviour("table[data-table].cards", (table) => {
    const heads = names(table);
    table.querySelectorAll("tbody tr").forEach((row) => label(row, heads));
  });
  erp.behaviour("table[data-table].cards tbody tr", (row) => label(row, names(row.closest("table"))));

  // data-check-all ticks every box named "selected"; the bar with data-bulk shows while something is ticked.
  const refresh = () => {
    const ticked = document.querySelectorAll("input[name='selected']:checked").length;
    document.querySelectorAll("[data-bulk]").forEach((bar) => {
      bar.classList.toggle("shown", ticked > 0);
      bar.querySelectorAll("[data-bulk-count]").forEach((place) => (place.textContent = ticked));
    });
  };
  erp.behaviour("[data-check-all]", (box) => {
    box.addEventListener("change", () => {
      box.closest("table").querySelectorAll("input[name='selected']").forEach((other) => (other.checked = box.checked));
      refresh();
    });
  });
  document.addEventListener("change", (event) => event.target.matches("input[name='selected']") && refresh());
  document.addEventListener("htmx:afterSettle", refresh);
})();
