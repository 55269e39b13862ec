/* A row opens in the side panel without losing the list: <tr data-href="/orders/SO-1/" data-panel-row>.
   The panel loads the page's `main`; Ctrl-click and the middle button open the page itself. */
(() => {
  "use strict";
  const panel = () => document.getElementById("panel");
  let opener = null;

  async function open(url, row) {
    const dialog = panel();
    const body = document.getElementById("panel-body");
    const answer = await fetch(url, { headers: { "X-Panel": "1" } });
    if (!answer.ok || answer.redirected) return location.assign(url);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("main");
    if (!main) return location.assign(url);
    body.replaceChildren(...main.childNodes);
    dialog.querySelector("[data-panel-full]").href = url;
    document.querySelectorAll("tr[aria-selected='true']").forEach((other) => other.removeAttribute("aria-selected"));
    if (row) row.setAttribute("aria-selected", "true");
    opener = row;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    if (window.htmx) htmx.process(body);
    erp.bind(body);
  }
  erp.openPanel = open;

  erp.behaviour("tr[data-href]", (row) => {
    row.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, label, select, summary, td.check") || String(getSelection())) return;
      if (event.ctrlKey || event.metaKey) return window.open(row.dataset.href, "_blank", "noopener");
      if ("panelRow" in row.dataset && matchMedia("(min-width: 768px)").matches) open(row.dataset.href, row);
      else location.assign(row.dataset.href);
    });
  });

  erp.behaviour("[data-panel-close]", (button) => {
    button.addEventListener("click", () => panel().close());
  });
  erp.behaviour("dialog[data-panel]", (dialog) => {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      document.getElementById("panel-body").replaceChildren(); // so that nothing in it goes on asking the server
      const link = opener && opener.querySelector("a");
      if (link) link.focus();
    });
  });
})();
