/* A form that is kept on the server while it is filled in: <form data-draft="/address" data-draft-key="token">. The
   named field holds the draft's key, the field `draft_version` the version this window knows; [data-draft-state] shows
   what became of the last saving in the words of its data- attributes. Two seconds after a change the fields are sent.
   Another window's newer draft is never overwritten: this one then goes on under a key of its own. */
(() => {
  "use strict";
  const WAIT = 2000;
  const RETRY = 5000;
  const NEVER = ["csrfmiddlewaretoken", "draft_version"];

  class Draft {
    constructor(form) {
      this.form = form;
      this.key = form.elements[form.dataset.draftKey];
      this.version = form.elements.draft_version;
      this.shown = form.querySelector("[data-draft-state]");
      this.tab = Math.random().toString(36).slice(2) + Date.now().toString(36);
      this.sent = JSON.stringify(this.fields());
      this.discard = form.querySelector("[data-draft-discard]");
      for (const name of ["input", "change", "picked", "summed"]) form.addEventListener(name, (event) => this.changed(event));
      form.addEventListener("submit", () => this.stop());
      document.addEventListener("visibilitychange", () => document.hidden && this.timer && this.save());
      if (this.discard) this.discard.hidden = this.version.value === "0";
    }

    fields() {
      const entries = [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && value && !NEVER.includes(name));
      return Object.fromEntries(entries);
    }

    // What scripts fill in when the page opens is not yet somebody's typing.
    changed(event) {
      if (event.type === "input" || event.type === "picked" || event.isTrusted) this.touched = true;
      if (event.type === "summed" && document.activeElement && this.form.contains(document.activeElement) && this.version.value !== "0") this.touched = true;
      if (this.touched) this.later(WAIT);
    }

    later(wait) {
      if (!this.timer && !this.stopped) this.timer = setTimeout(() => this.save(), wait);
    }

    stop() {
      this.stopped = true;
      clearTimeout(this.timer);
      if (this.running) this.running.abort();
      // An answer that keeps the page (a network error): typing goes on.
      setTimeout(() => (this.stopped = false), 4000);
    }

    say(name, tone) {
      if (!this.shown) return;
      const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
      this.shown.textContent = (this.shown.dataset[name] || name).replace("{time}", time);
      this.shown.className = `draft-state${tone ? ` tone-text-${tone}` : ""}`;
    }

    async save() {
      clearTimeout(this.timer);
      this.timer = null;
      if (this.running || this.stopped) return this.later(WAIT);
      const fields = this.fields();
      const text = JSON.stringify(fields);
      if (text === this.sent) return;
      this.running = new AbortController();
      try {
        const body = JSON.stringify({ key: this.key.value, version: Number(this.version.value) || 0, tab: this.tab, fields });
        const headers = { "Content-Type": "application/json", "X-CSRFToken": erp.csrf() };
        const signal = this.running.signal;
        const answer = await fetch(this.form.dataset.draft, { method: "POST", body, headers, redirect: "manual", signal, keepalive: body.length < 60000 });
        await this.heard(answer, text);
      } catch (error) {
        if (error.name === "AbortError") return;
        this.say("offline", "amber");
        this.later(RETRY);
      } finally {
        this.running = null;
      }
    }

    async heard(answer, text) {
      if (answer.type === "opaqueredirect" || answer.status === 403) return this.say("signedout", "red"); // the next change tries again
      if (answer.status >= 500) throw new Error(answer.status);
      const said = await answer.json();
      if (answer.ok) return this.kept(said, text);
      if (answer.status === 409) {
        this.key.value = said.key;
        this.version.value = "0";
        this.say("forked", "amber");
        this.forked = true;
        return this.later(0);
      }
      this.say(said.error, "red");
    }

    kept(said, text) {
      this.sent = text;
      this.version.value = said.version;
      const here = new URL(location.href);
      if (here.searchParams.get("draft") !== this.key.value) {
        history.replaceState(history.state, "", `${here.pathname}?draft=${encodeURIComponent(this.key.value)}`);
        this.form.action = location.href; // after signing in again the page comes back with the draft
      }
      if (this.discard) this.discard.hidden = false;
      if (this.forked) this.forked = false;
      else this.say("kept");
      if (JSON.stringify(this.fields()) === text) this.form.dispatchEvent(new Event("kept"));
      else this.later(WAIT);
    }
  }

  erp.behaviour("form[data-draft]", (form) => setTimeout(() => new Draft(form), 0));
})();
