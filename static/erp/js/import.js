/* Files of orders: dropped onto the area, and named below it once they are chosen. */
(() => {
  "use strict";
  const size = (bytes) => (bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

  erp.behaviour(".drop-field", (field) => {
    const input = field.querySelector("input[type=file]");
    const list = document.createElement("ul");
    list.className = "drop-files";
    field.append(list);
    field.classList.add("is-ready");
    const show = () => {
      list.replaceChildren(
        ...[...input.files].map((file) => {
          const item = document.createElement("li");
          const note = document.createElement("span");
          note.className = "muted";
          note.textContent = size(file.size);
          item.append(file.name, note);
          return item;
        }),
      );
    };
    input.addEventListener("change", show);
    for (const name of ["dragenter", "dragover"]) {
      field.addEventListener(name, (event) => {
        event.preventDefault();
        field.classList.add("is-over");
      });
    }
    for (const name of ["dragleave", "drop"]) field.addEventListener(name, () => field.classList.remove("is-over"));
    field.addEventListener("drop", (event) => {
      event.preventDefault();
      input.files = event.dataTransfer.files;
      show();
    });
  });
})();
