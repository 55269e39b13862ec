/* Number fields for thumbs: − and + beside the field; never below zero, never above data-max.
   <button data-qty-fill="form-id" data-qty-to="all|none"> fills every such field of a form. */
(() => {
  "use strict";
  const read = (input) => Number(String(input.value).replace(/[,，\s]/g, "")) || 0;
  const write = (input, value) => {
    const most = input.dataset.max === undefined ? Infinity : Number(input.dataset.max);
    // Four decimals at most, without the dust of binary fractions.
    input.value = String(Math.round(Math.min(most, Math.max(0, value)) * 10000) / 10000);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const mark = (input) => {
    const box = input.closest("[data-qty]");
    if (input.dataset.max !== undefined) box.classList.toggle("is-short", read(input) < Number(input.dataset.max));
  };
  erp.behaviour("[data-qty]", (box) => {
    const input = box.querySelector("input");
    box.querySelectorAll("[data-qty-step]").forEach((button) => {
      button.addEventListener("click", () => write(input, read(input) + Number(button.dataset.qtyStep)));
    });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("input", () => mark(input));
    mark(input);
  });
  erp.behaviour("[data-qty-fill]", (button) => {
    button.addEventListener("click", () => {
      document.getElementById(button.dataset.qtyFill).querySelectorAll("[data-qty] input[data-max]").forEach((input) => {
        write(input, button.dataset.qtyTo === "none" ? 0 : Number(input.dataset.max));
      });
    });
  });
})();
