/* A signature drawn with finger, pen or mouse into a canvas; what was drawn is sent in a hidden field. */
(() => {
  "use strict";
  erp.behaviour("[data-signature]", (box) => {
    const canvas = box.querySelector("canvas");
    const field = document.getElementById(box.dataset.signature);
    const pen = canvas.getContext("2d");
    let drawing = false;
    const start = () => {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      pen.lineWidth = 5;
      pen.lineCap = pen.lineJoin = "round";
      pen.strokeStyle = "#111";
    };
    const at = (event) => {
      const frame = canvas.getBoundingClientRect();
      return [((event.clientX - frame.left) * canvas.width) / frame.width, ((event.clientY - frame.top) * canvas.height) / frame.height];
    };
    const keep = () => {
      if (!drawing) return;
      drawing = false;
      field.value = canvas.toDataURL("image/png");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      drawing = true;
      pen.beginPath();
      pen.moveTo(...at(event));
      pen.lineTo(...at(event));
      pen.stroke();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drawing) return;
      pen.lineTo(...at(event));
      pen.stroke();
    });
    canvas.addEventListener("pointerup", keep);
    canvas.addEventListener("pointercancel", keep);
    box.querySelector("[data-signature-clear]").addEventListener("click", () => {
      start();
      field.value = "";
    });
    start();
    // What was signed stays when the form comes back with a mistake.
    if (field.value.startsWith("data:image/png;base64,")) {
      const before = new Image();
      before.addEventListener("load", () => pen.drawImage(before, 0, 0));
      before.src = field.value;
    }
  });

  // Whoever scans a label means that this shipment leaves.
  erp.behaviour("input[data-leave]", (input) => {
    input.addEventListener("input", () => {
      const box = document.getElementById(input.dataset.leave);
      if (box && input.value.trim()) box.checked = true;
    });
  });
})();
