/* data-open-dialog="id": a form in a dialog that came back with errors is shown at once. */
erp.behaviour("[data-open-dialog]", (mark) => {
  const dialog = document.getElementById(mark.dataset.openDialog);
  if (dialog && dialog.showModal && !dialog.open) dialog.showModal();
});
