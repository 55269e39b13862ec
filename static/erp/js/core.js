/* erp.behaviour(selector, bind): runs `bind(element)` once for every matching element, now and after htmx swaps. */
(() => {
  "use strict";
  const behaviours = [];
  const bound = new WeakMap();

  function apply(root, [selector, bind]) {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches && root.matches(selector)) found.unshift(root);
    for (const element of found) {
      const done = bound.get(element) || new Set();
      if (done.has(bind)) continue;
      bound.set(element, done.add(bind));
      bind(element);
    }
  }

  const erp = (window.erp = {
    words: {},
    behaviour(selector, bind) {
      behaviours.push([selector, bind]);
      if (document.readyState !== "loading") apply(document, [selector, bind]);
    },
    bind(root) {
      behaviours.forEach((behaviour) => apply(root, behaviour));
    },
    announce(text) {
      const region = document.getElementById("announce");
      if (region) region.textContent = text;
    },
    csrf() {
      return JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
    },
    debounce(wait, run) {
      let timer;
      return (...args) => {
        clearTimeout(timer);
        timer = setTimeout(() => run(...args), wait);
      };
    },
    cookie(name) {
      const match = document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`));
      return match ? decodeURIComponent(match[1]) : "";
    },
  });

  function start() {
    erp.words = JSON.parse(document.body.dataset.words || "{}");
    erp.bind(document);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();

  document.addEventListener("htmx:load", (event) => erp.bind(event.detail.elt));

  // A thin line at the top while the server works.
  let running = 0;
  const loading = (change) => {
    running = Math.max(0, running + change);
    document.documentElement.classList.toggle("is-loading", running > 0);
  };
  document.addEventListener("htmx:beforeRequest", (event) => event.target.matches("[data-live]") || loading(1));
  document.addEventListener("htmx:afterRequest", (event) => event.target.matches("[data-live]") || loading(-1));

  // "/" jumps to the search box.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
    const box = document.querySelector("[data-hotkey='/']");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
})();
