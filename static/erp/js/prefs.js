/* Theme, density and sidebar change at once; the choice is posted in the background. */
(() => {
  "use strict";
  const root = document.documentElement;
  const show = {
    theme: (value) => (value === "auto" ? root.removeAttribute("data-bs-theme") : root.setAttribute("data-bs-theme", value)),
    density: (value) => (value === "dense" ? root.setAttribute("data-density", value) : root.removeAttribute("data-density")),
    sidebar: (value) => (value === "folded" ? root.setAttribute("data-sidebar", value) : root.removeAttribute("data-sidebar")),
  };

  erp.behaviour("[data-prefs]", (form) => {
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!button || !(button.name in show)) return;
      event.preventDefault();
      const body = new FormData(form);
      body.set(button.name, button.value);
      show[button.name](button.value);
      fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
      if (button.dataset.togglePref) {
        button.value = button.value === "folded" ? "open" : "folded";
      } else {
        form.querySelectorAll(`[name="${button.name}"]`).forEach((other) => {
          if (other === button) other.setAttribute("aria-current", "true");
          else other.removeAttribute("aria-current");
        });
      }
      document.dispatchEvent(new CustomEvent("erp:theme"));
    });
  });
})();
