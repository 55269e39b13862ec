/* Short messages in the corner: from the server (HX-Trigger: toast), from the page, and for requests that failed. */
(() => {
  "use strict";
  const SHOWN_MS = 6000;

  function dress(item) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", erp.words.close || "Close");
    button.addEventListener("click", () => item.remove());
    item.append(button);
    // What went wrong stays until it is read.
    if (!item.classList.contains("danger")) setTimeout(() => item.remove(), SHOWN_MS);
  }

  erp.toast = (text, tone = "success") => {
    const stack = document.getElementById("toasts");
    if (!stack) return;
    const item = document.createElement("div");
    item.className = `toast-item ${tone}`;
    item.append(document.createTextNode(text));
    dress(item);
    stack.append(item);
  };

  erp.behaviour("[data-toast]", dress);
  document.addEventListener("toast", (event) => {
    (event.detail.items || []).forEach(({ text, tone }) => erp.toast(text, tone));
  });
  document.addEventListener("htmx:responseError", (event) => {
    const quiet = event.target.matches("[data-live]") || event.detail.xhr.getResponseHeader("HX-Trigger");
    if (!quiet) erp.toast(erp.words.failed, "danger");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.target.matches("[data-live]")) erp.toast(erp.words.offline, "danger");
  });
})();
