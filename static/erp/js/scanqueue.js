/* Scans as numbered commands, kept in the browser until the server has answered each of them.

   erp.scanQueue({key, post, state, change}) → {state(), add(command), check(command), refused(), seen(), waiting(), send()}
   The rules are those of shipping/services/scanning.py, so that a walk without network ends as one with it. Quantities
   are counted in whole ten-thousandths: no dust of binary fractions. */
(() => {
  "use strict";
  const SCALE = 10000;
  const MOST = 100;
  const RETRY = 4000;
  const parts = (text) => Math.round(Number(text) * SCALE);
  const text = (value) => String(value / SCALE);
  const sum = (lines, of) => lines.reduce((total, line) => total + of(line), 0);
  const open = (stop) => stop.lines.filter((line) => line.open);
  const left = (stop) => sum(open(stop), (line) => parts(line.wanted) - parts(line.scanned));
  const taken = (stop) => sum(open(stop), (line) => parts(line.scanned));

  function check(state, command) {
    const stop = state.stops.find((one) => one.item === command.item);
    if (!stop || !open(stop).length) return { refusal: "changed" };
    if (command.kind === "short") return {};
    const quantity = parts(command.quantity);
    if (!(quantity > 0)) return { refusal: "no_quantity" };
    if (command.kind === "undo") return quantity > taken(stop) ? { refusal: "too_little" } : {};
    if (command.place && command.place.toUpperCase() !== stop.place.toUpperCase())
      return { refusal: "wrong_place", values: { scanned: command.place, wanted: stop.place } };
    if (command.code && !(command.code.toUpperCase() in stop.codes)) return { refusal: "wrong_item", values: { scanned: command.code } };
    if (command.lot && command.lot.toUpperCase() !== stop.lot.toUpperCase())
      return { refusal: "wrong_lot", values: { scanned: command.lot, wanted: stop.lot || "—" } };
    if (quantity > left(stop)) return { refusal: "too_much", values: { left: text(left(stop)) } };
    return {};
  }

  /* Changes the state; returns what went into which tote. */
  function apply(state, command) {
    if (check(state, command).refusal) return [];
    const lines = open(state.stops.find((one) => one.item === command.item));
    const puts = [];
    if (command.kind === "short") {
      lines.forEach((line) => {
        if (parts(line.scanned) < parts(line.wanted)) line.short = command.reason;
      });
      return puts;
    }
    let rest = parts(command.quantity);
    const back = command.kind === "undo";
    for (const line of back ? [...lines].reverse() : lines) {
      const part = Math.min(rest, back ? parts(line.scanned) : parts(line.wanted) - parts(line.scanned));
      if (part <= 0) continue;
      line.scanned = text(parts(line.scanned) + (back ? -part : part));
      if (!back) line.short = "";
      rest -= part;
      puts.push({ slot: line.slot, quantity: text(part) });
    }
    return puts;
  }

  erp.scanQueue = ({ key, post, state, change }) => {
    let base = state;
    let view = null;
    let net = "online";
    let sending = false;
    let timer = 0;

    const id = () => (crypto.randomUUID ? crypto.randomUUID() : "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16)));
    // Read anew each time: another tab of the same phone uses the same queue and the same numbers.
    function load() {
      try {
        const kept = JSON.parse(localStorage.getItem(key));
        if (kept && kept.client) return kept;
      } catch (error) {
        // What cannot be read is begun anew.
      }
      return { client: id(), next: 1, queue: [], refused: [] };
    }
    const save = (kept) => localStorage.setItem(key, JSON.stringify(kept));

    function replay() {
      view = JSON.parse(JSON.stringify(base));
      load().queue.forEach((command) => apply(view, command));
    }

    function add(command) {
      const kept = load();
      const numbered = { ...command, number: kept.next };
      kept.queue.push(numbered);
      kept.next += 1;
      save(kept);
      const puts = apply(view, numbered);
      send();
      return puts;
    }

    function settle(sent, answer) {
      const kept = load();
      answer.answers.forEach((one) => {
        const command = kept.queue.find((waits) => waits.number === one.number);
        if (one.refusal && command) kept.refused.push({ ...command, refusal: one.refusal });
      });
      kept.queue = kept.queue.filter((one) => one.number >= answer.expected);
      save(kept);
      base = answer.state;
      replay();
    }

    async function send() {
      clearTimeout(timer);
      const kept = load();
      if (sending || !kept.queue.length) return change();
      sending = true;
      change();
      const commands = kept.queue.slice(0, MOST);
      try {
        const response = await fetch(post, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": erp.csrf(), Accept: "application/json" },
          body: JSON.stringify({ client: kept.client, commands }),
          redirect: "manual",
        });
        const json = (response.headers.get("Content-Type") || "").includes("json");
        if (response.ok && json) {
          net = "online";
          settle(commands, await response.json());
        } else if (response.status === 422 && json) {
          net = (await response.json()).error;
        } else {
          net = response.status >= 500 ? "offline" : "signed_out";
        }
      } catch (error) {
        net = "offline";
      }
      sending = false;
      change();
      if (net === "online" && load().queue.length) return send();
      if (net !== "online") timer = setTimeout(send, RETRY);
    }

    replay();
    window.addEventListener("online", send);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
    return {
      add,
      send,
      check: (command) => check(view, command),
      state: () => view,
      net: () => net,
      waiting: () => load().queue.length,
      refused: () => load().refused,
      seen() {
        save({ ...load(), refused: [] });
        change();
      },
      left: (stop) => left(stop) / SCALE,
      taken: (stop) => taken(stop) / SCALE,
      done: (stop) => open(stop).every((line) => parts(line.scanned) >= parts(line.wanted) || line.short),
    };
  };
})();
