/* data-address-paste="url": a pasted address is taken apart by the server and put into the form's fields.
   data-address-names: the fields' names, when they are not the parts' own; data-address-prefix stands before them. */
erp.behaviour("[data-address-paste]", (box) => {
  "use strict";
  const form = box.form;
  const note = document.getElementById(box.getAttribute("aria-describedby"));
  const names = JSON.parse(box.dataset.addressNames || "{}");
  const field = (part) => form.elements.namedItem((box.dataset.addressPrefix || "") + (names[part] || part));
  let turn = 0;

  const say = (text, bad) => {
    note.textContent = text;
    note.classList.toggle("negative", Boolean(bad));
    erp.announce(text);
  };

  const fill = (parts) => {
    // Without a place the text is no address; with one, every part is this address's, the empty ones too.
    if (!parts.province && !parts.district && !parts.phone) return say(box.dataset.nothing, true);
    for (const [part, text] of Object.entries(parts)) {
      const input = field(part);
      const isPerson = part === "recipient" || part === "phone";
      if (!input || (isPerson && !text)) continue;
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    say(box.dataset.filled);
  };

  const ask = async () => {
    const text = box.value.trim();
    const mine = ++turn;
    if (!text) return say("");
    try {
      const body = new URLSearchParams({ text });
      const response = await fetch(box.dataset.addressPaste, { method: "POST", body, headers: { "X-CSRFToken": erp.csrf() } });
      const answer = await response.json();
      if (mine !== turn) return;
      if (response.ok) fill(answer);
      else say(answer.error || box.dataset.nothing, true);
    } catch {
      say(box.dataset.nothing, true);
    }
  };
  box.addEventListener("input", erp.debounce(300, ask));
});
