/* The phone between the shelves: one stop after the other; wrong bin, item, lot and too much are refused loudly.
   A scanner types the code and Enter anywhere on the page; the camera and the keyboard do the same. */
(() => {
  "use strict";
  const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
  let sound = null;

  /* Works only after somebody has touched the page: browsers keep quiet before. */
  function beep(tones) {
    try {
      sound = sound || new AudioContext();
      tones.forEach(([frequency, at, type]) => {
        const tone = sound.createOscillator();
        const volume = sound.createGain();
        tone.type = type;
        tone.frequency.value = frequency;
        volume.gain.value = type === "square" ? 0.35 : 0.15;
        tone.connect(volume).connect(sound.destination);
        tone.start(sound.currentTime + at);
        tone.stop(sound.currentTime + at + 0.14);
      });
    } catch (error) {
      sound = null; // No sound here: colour, words and vibration say the same.
    }
  }

  erp.behaviour("[data-scan-run]", (root) => {
    const part = (name) => root.querySelector(`[data-scan-${name}]`);
    const text = JSON.parse(root.dataset.text);
    const key = `erp-scan:${root.dataset.user}:${root.dataset.number}`;
    let here = ""; // the bin where the person stands
    let byHand = false; // said so without scanning
    let item = ""; // scanned code that waits for its lot
    let lot = "";
    let current = 0;
    let lastTaken = 0;

    const queue = erp.scanQueue({ key, post: root.dataset.post, state: JSON.parse(root.dataset.state), change: () => draw() });
    const stops = () => queue.state().stops;
    const stop = () => stops()[current];

    function say(words, tone) {
      const box = part("say");
      box.textContent = "";
      box.className = `scan-say is-${tone}`;
      box.textContent = words;
      if (tone === "wrong") {
        beep([[180, 0, "square"], [140, 0.18, "square"], [180, 0.36, "square"]]);
        if (navigator.vibrate) navigator.vibrate([200, 80, 200]);
      } else if (tone === "right") {
        beep([[980, 0, "sine"]]);
        if (navigator.vibrate) navigator.vibrate(40);
      }
      root.classList.toggle("is-wrong", tone === "wrong");
    }
    const wrong = (name, values = {}) => say(fill(text[name] || text.changed, values), "wrong");

    function arrive(index) {
      current = Math.max(0, Math.min(stops().length - 1, index));
      item = lot = "";
      lastTaken = 0;
      if (stop() && stop().place !== here) {
        here = "";
        byHand = false;
      }
      draw();
    }

    const undone = (from) => {
      const order = [...stops().keys()].map((at) => (from + at) % stops().length);
      return order.find((at) => !queue.done(stops()[at]));
    };
    function onward() {
      const at = undone(current);
      if (at !== undefined && at !== current) arrive(at);
      else draw();
    }

    function take(quantity, code) {
      const at = stop();
      const command = { kind: "pick", item: at.item, place: byHand ? "" : here, code, lot, quantity: String(quantity) };
      const answer = queue.check(command);
      if (answer.refusal) return wrong(answer.refusal, answer.values);
      const puts = queue.add(command);
      lastTaken = quantity;
      const totes = puts.filter((put) => put.slot).map((put) => fill(text.into, put));
      const done = queue.done(stop());
      say([fill(text.taken, { quantity: `${quantity} ${at.unit}` }), ...totes, done ? text.stop_done : ""].filter(Boolean).join(" "), "right");
      if (done) onward();
      else draw();
    }

    function scanned(raw) {
      const code = raw.trim();
      const upper = code.toUpperCase();
      const at = stop();
      if (!code || !at) return;
      if (upper === at.place.toUpperCase()) {
        here = at.place;
        byHand = false;
        say(text.at_bin, "right");
        return draw();
      }
      if (stops().some((one) => one.place.toUpperCase() === upper)) return wrong("wrong_place", { scanned: code, wanted: at.place });
      const known = upper in at.codes;
      if (!here) {
        const goods = stops().some((one) => upper in one.codes || (one.lot && upper === one.lot.toUpperCase()));
        return goods ? wrong("scan_bin") : wrong("wrong_place", { scanned: code, wanted: at.place });
      }
      if (!known && at.lot && upper === at.lot.toUpperCase()) {
        lot = at.lot;
        if (item) return take(Number(at.codes[item.toUpperCase()]), item);
        say(text.item_first, "hint");
        return draw();
      }
      if (!known) return item && at.lot && !lot ? wrong("wrong_lot", { scanned: code, wanted: at.lot }) : wrong("wrong_item", { scanned: code });
      item = code;
      if (at.lot && !lot) {
        say(fill(text.lot, at), "hint");
        return draw();
      }
      take(Number(at.codes[upper]), code);
    }

    function drawNet() {
      const waiting = queue.waiting();
      const net = queue.net();
      const box = part("net");
      const words = net === "online" ? (waiting ? text.waiting : text.online) : text[net] || net;
      const shown = fill(words, { num: waiting });
      if (box.textContent !== shown) box.textContent = shown;
      box.classList.toggle("is-off", net !== "online");
      root.dataset.waiting = String(waiting);
    }

    const row = (...words) => {
      const element = document.createElement("li");
      element.textContent = words.filter(Boolean).join(" · ");
      return element;
    };

    function drawTroubles() {
      const refused = queue.refused();
      part("trouble").hidden = !refused.length;
      const name = (command) => (stops().find((one) => one.item === command.item) || {}).name;
      part("refused").replaceChildren(...refused.map((one) => row(name(one), one.quantity, one.refusal)));
      const back = queue.state().returns;
      part("back").hidden = !back.length;
      part("returns").replaceChildren(...back.map((one) => row(one.place, one.name, one.quantity, one.list)));
    }

    function draw() {
      drawNet();
      drawTroubles();
      if (current >= stops().length) current = Math.max(0, stops().length - 1);
      const at = stop();
      const finished = undone(0) === undefined;
      part("done").hidden = !finished || queue.waiting() > 0 || queue.net() !== "online";
      part("stop").hidden = !at;
      if (!at) return;
      const left = queue.left(at);
      part("at").textContent = fill(text.stop_of, { at: current + 1, all: stops().length });
      part("bar").value = stops().filter(queue.done).length / stops().length;
      part("place").textContent = at.place;
      part("stop").classList.toggle("is-here", Boolean(here));
      part("stop").classList.toggle("is-done", queue.done(at));
      part("name").textContent = at.name;
      part("sku").textContent = [at.sku, at.spec, at.lot && `${at.lot}`].filter(Boolean).join(" · ");
      part("left").textContent = queue.done(at) ? text.stop_done : fill(text.take, { left, unit: at.unit });
      const wishes = [...new Set(at.lines.map((line) => line.wish).filter(Boolean))];
      part("wish").hidden = !wishes.length;
      part("wish").textContent = wishes.join(" · ");
      part("totes").replaceChildren(...at.lines.filter((line) => line.slot).map(tote));
      part("here").hidden = Boolean(here) || queue.done(at);
      part("take").hidden = !here || left <= 0;
      const count = part("count");
      if (count.dataset.max !== String(left)) {
        count.dataset.max = count.value = String(left);
      }
      part("undo").disabled = queue.taken(at) <= 0;
    }

    function tote(line) {
      const element = row("");
      const slot = document.createElement("b");
      slot.textContent = line.slot;
      element.className = Number(line.scanned) >= Number(line.wanted) ? "tote is-full" : "tote";
      element.append(slot, ` ${line.scanned}/${line.wanted} ${line.customer}`);
      return element;
    }

    part("here").addEventListener("click", () => {
      here = stop().place;
      byHand = true;
      say(text.at_bin, "right");
      draw();
    });
    part("hand").addEventListener("click", () => {
      const at = stop();
      if (at.lot && !lot && item) return wrong("wrong_lot", { scanned: "—", wanted: at.lot });
      take(Number(part("count").value.replace(/[,，\s]/g, "")), item);
    });
    part("undo").addEventListener("click", () => {
      const quantity = Math.min(lastTaken || queue.taken(stop()), queue.taken(stop()));
      queue.add({ kind: "undo", item: stop().item, quantity: String(quantity) });
      say(fill(text.undone, { quantity: `${quantity} ${stop().unit}` }), "hint");
      draw();
    });
    part("prev").addEventListener("click", () => arrive(current - 1));
    part("next").addEventListener("click", () => arrive(current + 1));
    part("seen").addEventListener("click", () => queue.seen());
    root.querySelectorAll("[data-scan-reason]").forEach((button) => {
      button.addEventListener("click", () => {
        const at = stop();
        const left = queue.left(at);
        if (left <= 0) return;
        queue.add({ kind: "short", item: at.item, reason: button.dataset.scanReason });
        say(fill(text.short, { quantity: `${left} ${at.unit}` }), "hint");
        onward();
      });
    });

    const typed = part("typed");
    typed.addEventListener("submit", (event) => {
      event.preventDefault();
      const field = typed.querySelector("input");
      scanned(field.value);
      field.value = "";
    });
    // A scanner is a keyboard: what it types goes nowhere else, wherever the focus is, unless somebody types in a field.
    let typing = "";
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input, textarea, select, dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" && typing) {
        event.preventDefault();
        const code = typing;
        typing = "";
        scanned(code);
      } else if (event.key === " " && !typing) {
        return; // presses the button that has the focus
      } else if (event.key.length === 1) {
        event.preventDefault(); // "/" and the space bar would act on the page
        typing += event.key;
      } else if (event.key === "Escape") {
        typing = "";
      }
    }, true);

    const shoot = part("shoot");
    const camera = erp.scanCamera({
      video: part("video"),
      reader: root.dataset.reader,
      wasm: root.dataset.wasm,
      found: scanned,
      failed: () => {
        part("camera").hidden = true;
        shoot.setAttribute("aria-pressed", "false");
        say(text.no_camera, "hint");
      },
    });
    shoot.addEventListener("click", () => {
      const on = !camera.running();
      part("camera").hidden = !on;
      shoot.setAttribute("aria-pressed", String(on));
      if (!on) return camera.stop();
      say(text.camera_on, "hint");
      camera.start();
    });
    window.addEventListener("pagehide", () => camera.stop());

    const first = undone(0);
    arrive(first === undefined ? 0 : first);
    queue.send();
  });
})();
