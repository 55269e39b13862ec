/* data-live="3": fires "live" every 3 seconds, which htmx answers by asking the server. Rests while the page is
   hidden, somebody types inside or has typed something, rows are ticked, or a dialog is open. Status 286 from the server ends it. */
(() => {
  "use strict";
  const busy = (element) => {
    const active = document.activeElement;
    return (
      document.hidden ||
      document.querySelector("dialog[open]") ||
      (active && active !== element && element.contains(active) && active.matches("input, textarea, select")) ||
      element.querySelector("details[open], input[name='selected']:checked, [data-busy]") ||
      [...element.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue)
    );
  };

  erp.behaviour("[data-live]", (element) => {
    const timer = setInterval(() => {
      if (!element.isConnected) return clearInterval(timer);
      if (!busy(element)) element.dispatchEvent(new CustomEvent("live"));
    }, Math.max(1, Number(element.dataset.live)) * 1000);
    element.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.xhr.status === 286) clearInterval(timer);
    });
  });
})();
