/* Forms: sent once, warn before leaving unsaved (data-guard), empty filters left out of the URL (data-tidy),
   focus goes to what needs mending (data-focus-me). */
(() => {
  "use strict";
  erp.behaviour("form[data-once]", (form) => {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      const button = event.submitter;
      if (button) button.setAttribute("aria-busy", "true");
      // Coming back with the browser's back button, or an answer that keeps the page: free again.
      setTimeout(() => {
        delete form.dataset.sent;
        if (button) button.removeAttribute("aria-busy");
      }, 4000);
    });
  });

  const state = (form) => new URLSearchParams([...new FormData(form)].filter(([, v]) => typeof v === "string")).toString();
  const guarded = new Map();
  erp.behaviour("form[data-guard]", (form) => {
    setTimeout(() => guarded.set(form, state(form)), 0);
    form.addEventListener("submit", () => guarded.delete(form));
    form.addEventListener("kept", () => guarded.set(form, state(form))); // a draft holds what stands there now
  });
  window.addEventListener("beforeunload", (event) => {
    for (const [form, before] of guarded) {
      if (form.isConnected && state(form) !== before) event.preventDefault();
    }
  });

  erp.behaviour("form[data-tidy]", (form) => {
    form.addEventListener("htmx:configRequest", (event) => {
      const values = event.detail.parameters;
      for (const [name, value] of Object.entries(values)) {
        if (value === "") delete values[name];
      }
    });
    form.addEventListener("submit", () => {
      [...form.elements].forEach((field) => (field.disabled = field.disabled || (field.name && field.value === "")));
      setTimeout(() => [...form.elements].forEach((field) => (field.disabled = false)), 0);
    });
  });

  erp.behaviour("[data-focus-me]", (element) => element.focus());
  erp.behaviour("[data-autosubmit]", (element) => {
    element.addEventListener("change", () => element.form.requestSubmit());
  });
})();
