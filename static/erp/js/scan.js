/* Scanning while picking: <input data-scan="form-id">. A scanner types the code and Enter; the row whose data-codes has
   it is shown and marked, anything else is refused loudly. */
(() => {
  "use strict";
  erp.behaviour("input[data-scan]", (input) => {
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const code = input.value.trim().toUpperCase();
      input.value = "";
      if (!code) return;
      const rows = [...document.getElementById(input.dataset.scan).querySelectorAll("[data-codes]")];
      const matches = rows.filter((row) => row.dataset.codes.toUpperCase().split("|").includes(code));
      const row = matches.find((one) => !one.classList.contains("is-scanned")) || matches[0];
      input.classList.toggle("is-wrong", !row);
      if (!row) {
        if (navigator.vibrate) navigator.vibrate([120, 60, 120]);
        return erp.toast(`${input.dataset.wrong}: ${code}`, "danger");
      }
      row.classList.add("is-scanned");
      row.scrollIntoView({ block: "center" });
      erp.announce(input.dataset.right);
    });
  });
})();
