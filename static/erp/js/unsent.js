/* A form survives a lost session: what was sent when the server asked for the password again is put back after
   signing in. Kept in this tab only, never passwords, gone as soon as another page opens. */
(() => {
  "use strict";
  const KEY = "erp:unsent";
  const place = (form) => `${location.pathname}#${form.id || [...document.forms].indexOf(form)}`;
  const secret = (form, name) => name === "csrfmiddlewaretoken" || form.querySelector(`[type="password"][name="${CSS.escape(name)}"]`);

  function keep(form) {
    const values = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !secret(form, name));
    const labels = {};
    form.querySelectorAll("select").forEach((select) => {
      const chosen = select.selectedOptions[0];
      if (chosen && chosen.value) labels[`${select.name}=${chosen.value}`] = chosen.textContent.trim();
    });
    sessionStorage.setItem(KEY, JSON.stringify({ place: place(form), values, labels }));
  }

  function fields(form, name) {
    const found = () => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const add = form.querySelector("[data-line-add]");
    for (let tries = 0; add && !found().length && /\d/.test(name) && tries < 200; tries++) add.click();
    return found();
  }

  function restore(form, { values, labels }) {
    const byName = new Map();
    values.forEach(([name, value]) => byName.set(name, [...(byName.get(name) || []), value]));
    for (const [name, wanted] of byName) {
      fields(form, name).forEach((field, index) => {
        if (["checkbox", "radio"].includes(field.type)) field.checked = wanted.includes(field.value);
        else if (field.type !== "file") {
          const value = wanted[Math.min(index, wanted.length - 1)];
          const label = labels[`${name}=${value}`];
          if (field.tagName === "SELECT" && ![...field.options].some((o) => o.value === value)) field.add(new Option(label, value));
          field.value = value;
          const shown = document.getElementById(`${field.id}-picker`);
          if (shown && label) shown.value = label;
        }
      });
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
    form.querySelectorAll("[data-lines]").forEach((lines) => lines.dispatchEvent(new Event("change")));
    erp.toast(erp.words.restored, "info");
  }

  erp.behaviour("form[data-guard]", (form) => form.addEventListener("submit", () => keep(form)));
  erp.behaviour("body", () => {
    const kept = JSON.parse(sessionStorage.getItem(KEY) || "null");
    if (!kept || document.querySelector("body > .auth")) return; // still signing in
    sessionStorage.removeItem(KEY);
    const form = [...document.forms].find((one) => place(one) === kept.place);
    if (form && document.referrer.includes("/accounts/")) restore(form, kept);
  });
})();
