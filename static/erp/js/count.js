/* Counting by scan: <input data-count-scan="form-id" data-other="field-id">. Each scan adds one to the row whose data-codes
   has it; what is not listed goes into the other field, loudly, so that it is entered and not lost. */
(() => {
  "use strict";
  erp.behaviour("input[data-count-scan]", (input) => {
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const code = input.value.trim().toUpperCase();
      input.value = "";
      if (!code) return;
      const rows = [...document.getElementById(input.dataset.countScan).querySelectorAll("[data-codes]")];
      const row = rows.find((one) => one.dataset.codes.toUpperCase().split("|").includes(code));
      input.classList.toggle("is-wrong", !row);
      if (!row) {
        if (navigator.vibrate) navigator.vibrate([120, 60, 120]);
        const other = document.getElementById(input.dataset.other);
        other.value = code;
        other.scrollIntoView({ block: "center" });
        return erp.toast(`${input.dataset.wrong}: ${code}`, "danger");
      }
      row.classList.add("is-scanned");
      row.scrollIntoView({ block: "center" });
      row.querySelector("[data-qty-step='1']").click();
      erp.announce(input.dataset.right);
    });
  });
})();
