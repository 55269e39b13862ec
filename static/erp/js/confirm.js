/* Asks once before something that cannot be taken back: data-confirm on a form, button or link, and hx-confirm.
   Dialogs: data-dialog="id" opens, data-dialog-close closes. */
(() => {
  "use strict";
  erp.confirm = (text) =>
    new Promise((resolve) => {
      const dialog = document.getElementById("confirm");
      if (!dialog || !dialog.showModal) return resolve(window.confirm(text));
      dialog.querySelector("[data-confirm-text]").textContent = text;
      dialog.returnValue = "";
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok"), { once: true });
      dialog.showModal();
      dialog.querySelector("[data-confirm-ok]").focus();
    });

  erp.behaviour("form[data-confirm]", (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.confirmed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const submitter = event.submitter;
      erp.confirm(form.dataset.confirm).then((yes) => {
        if (!yes) return;
        form.dataset.confirmed = "1";
        form.requestSubmit(submitter);
        delete form.dataset.confirmed;
      });
    }, true);
  });

  erp.behaviour("a[data-confirm], button[data-confirm]", (element) => {
    element.addEventListener("click", (event) => {
      if (element.dataset.confirmed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      erp.confirm(element.dataset.confirm).then((yes) => {
        if (!yes) return;
        element.dataset.confirmed = "1";
        element.click();
        delete element.dataset.confirmed;
      });
    }, true);
  });

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    erp.confirm(event.detail.question).then((yes) => yes && event.detail.issueRequest(true));
  });

  erp.behaviour("[data-dialog]", (button) => {
    button.addEventListener("click", () => {
      const dialog = document.getElementById(button.dataset.dialog);
      if (dialog) dialog.showModal();
    });
  });
  erp.behaviour("[data-dialog-close]", (button) => {
    button.addEventListener("click", () => button.closest("dialog").close());
  });
  erp.behaviour("dialog.sheet", (dialog) => {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  });
})();
