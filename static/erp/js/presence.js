/* Who else edits the same thing: <div data-presence="/address" role="status">. Every five seconds the window says that it
   is there, and shows the words that the server answers; when it is left or its form is sent, it says so. */
(() => {
  "use strict";
  const BEAT = 5000;

  class Presence {
    constructor(element) {
      this.element = element;
      this.window = Math.random().toString(36).slice(2) + Date.now().toString(36);
      this.beat();
      this.timer = setInterval(() => this.beat(), BEAT);
      addEventListener("pagehide", () => this.leave());
      addEventListener("pageshow", (event) => event.persisted && this.beat());
    }

    body(more) {
      const body = new FormData();
      body.append("csrfmiddlewaretoken", erp.csrf());
      body.append("window", this.window);
      if (more) body.append(more, "1");
      return body;
    }

    async beat() {
      if (!this.element.isConnected) return this.stop();
      if (this.running) return;
      this.running = true;
      try {
        const answer = await fetch(this.element.dataset.presence, { method: "POST", body: this.body(), headers: { "HX-Request": "true" }, redirect: "manual" });
        if (answer.ok) this.show((await answer.text()).trim());
      } catch {
        this.show(""); // not connected: nothing is known of the others
      } finally {
        this.running = false;
      }
    }

    show(html) {
      if (html === this.shown) return;
      this.shown = html;
      this.element.innerHTML = html;
    }

    stop() {
      clearInterval(this.timer);
      this.leave();
    }

    leave() {
      navigator.sendBeacon(this.element.dataset.presence, this.body("leave"));
    }
  }

  erp.behaviour("[data-presence]", (element) => new Presence(element));
})();
