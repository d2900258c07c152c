// Drafts: what is typed goes to the server within two seconds. While the server cannot be reached, an encrypted copy
// stays on this device, is sent when that is possible again, and is gone after log-out (ADR 0017).
(() => {
  "use strict";

  const { key: keyUrl, logIn: logInUrl } = document.body.dataset;
  if (!keyUrl) return; // nobody is logged in
  const SOON = 700, LATEST = 1400, PATIENCE = 8000, AGAIN = 3000;
  const encoder = new TextEncoder(), decoder = new TextDecoder();
  const here = `${location.pathname}draft/`;
  const windows = new BroadcastChannel("trialsite");
  let left = false; // logged out, here or in another window

  // The store: ciphertext only; beside it whose it is, by a mark that names nobody -----------------------------------
  const opened = () => new Promise((resolve, reject) => {
    const request = indexedDB.open("drafts", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("copies", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const inStore = async (mode, work) => {
    const database = await opened();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction("copies", mode);
        const request = work(transaction.objectStore("copies"));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  };
  const all = () => inStore("readonly", (copies) => copies.getAll());
  const put = (copy) => inStore("readwrite", (copies) => copies.put(copy));
  const drop = (id) => inStore("readwrite", (copies) => copies.delete(id));
  const dropAll = () => inStore("readwrite", (copies) => copies.clear());

  // The key comes from the server at each log-in and lives in memory only ---------------------------------------------
  let secret = null;
  const unlock = async () => {
    if (secret || left || !crypto.subtle) return secret;
    try {
      const answer = await fetch(keyUrl, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
      const { owner, key } = await answer.json();
      const raw = Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0));
      secret = { owner, key: await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]) };
    } catch {
      secret = null; // asked for again when it is needed
    }
    return secret;
  };
  const cipher = (id, iv) => ({ name: "AES-GCM", iv, additionalData: encoder.encode(id) });
  const seal = async (id, content) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt(cipher(id, iv), secret.key, encoder.encode(JSON.stringify(content)));
    return { id, owner: secret.owner, iv, sealed };
  };
  const unseal = async ({ id, iv, sealed }) => JSON.parse(decoder.decode(await crypto.subtle.decrypt(cipher(id, iv), secret.key, sealed)));

  // Sending -----------------------------------------------------------------------------------------------------------
  const token = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
  const post = async (url, body, version, options = {}) => {
    const content = new URLSearchParams(body);
    if (version !== null) content.set("draft_version", version);
    content.set("csrfmiddlewaretoken", token());
    try {
      const answer = await fetch(url, { method: "POST", body: content, redirect: "manual", signal: AbortSignal.timeout(PATIENCE), ...options });
      if (answer.ok) {
        document.dispatchEvent(new Event("draft-saved")); // the idle time begins anew
        return { outcome: "saved", ...(await answer.json()) };
      }
      if (answer.status === 409) return { outcome: "newer", ...(await answer.json()) };
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return { outcome: "login" };
      return { outcome: answer.status >= 500 ? "unreachable" : "refused" };
    } catch {
      return { outcome: "unreachable" };
    }
  };

  // The notice about two drafts of one form ----------------------------------------------------------------------------
  const offer = (words, where, keep) => {
    const notice = document.getElementById("draft-newer");
    if (!notice) return;
    notice.querySelector("p").textContent = words;
    const [take, other] = notice.querySelectorAll("button");
    other.textContent = other.dataset[where];
    take.onclick = async () => { await keep(false); location.reload(); };
    other.onclick = async () => { notice.hidden = true; await keep(true); };
    notice.hidden = false;
    notice.scrollIntoView({ block: "center" });
  };

  // The form of this page ------------------------------------------------------------------------------------------------
  class Entry {
    constructor(form) {
      this.form = form;
      this.id = crypto.randomUUID?.() || String(Math.random());
      this.place = document.getElementById("draft-state");
      this.last = this.answers.toString();
      this.typed = this.sent = 0; // how often something was typed, and what of it the server has
      this.since = this.timer = this.retry = 0;
      this.sending = null;
      this.more = this.torn = this.stopped = false; // more to send; a newer draft to choose about; nothing more is saved
      navigator.locks?.request(`draft ${this.id}`, () => new Promise(() => {})); // its copy is not another window's to send
    }

    get dirty() { return this.typed !== this.sent; }
    get version() { return this.form.elements.draft_version.value; }
    get answers() {
      const answers = new URLSearchParams(new FormData(this.form));
      for (const name of ["csrfmiddlewaretoken", "draft_version", "paste"]) answers.delete(name);
      return answers;
    }
    get body() {
      const body = this.answers;
      body.set("window", this.id);
      body.set("window_step", this.typed);
      return body.toString();
    }

    say(state, words = this.place.dataset[state]) {
      this.place.dataset.state = state;
      this.place.textContent = words;
      if (state !== "login") return;
      const link = document.createElement("a");
      link.href = `${logInUrl}?next=${encodeURIComponent(location.pathname + location.search)}`;
      link.textContent = this.place.dataset.loginAgain;
      this.place.append(" ", link);
    }

    change() {
      const answers = this.answers.toString();
      if (this.stopped || answers === this.last) return; // leaving a field says again what typing said
      this.last = answers;
      this.typed += 1;
      this.say(this.torn ? "newer" : "unsaved");
      const now = performance.now();
      this.since ||= now;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(SOON, this.since + LATEST - now)));
    }

    async save() {
      this.since = 0;
      clearTimeout(this.timer);
      const kept = await this.keep();
      this.more = Boolean(this.sending);
      this.sending ||= this.send(kept).finally(() => { this.sending = null; });
      return this.sending;
    }

    async keep() {
      if (!secret || this.stopped || !this.dirty) return Boolean(secret);
      try {
        await put(await seal(this.id, { url: this.form.dataset.draft, body: this.body, version: this.version, at: Date.now() }));
        if (left) await dropAll();
        return true;
      } catch {
        return false; // no room, or a private window: the words say that nothing is kept
      }
    }

    async send(kept) {
      if (this.stopped || this.torn || !this.dirty) return;
      clearTimeout(this.retry);
      this.more = false;
      const typed = this.typed;
      if (this.place.dataset.state === "unsaved") this.say("saving");
      const answer = await post(this.form.dataset.draft, this.body, this.version);
      if (this.stopped) return;
      if (answer.outcome === "saved") {
        this.form.elements.draft_version.value = answer.version;
        this.sent = typed;
        await drop(this.id).catch(() => {});
        if (this.more) return this.send(await this.keep());
        if (!this.dirty) this.say("saved", answer.words);
      } else if (answer.outcome === "newer") {
        this.torn = true;
        this.say("newer");
        offer(answer.words, "here", (mine) => this.settle(mine, answer.version));
      } else if (answer.outcome === "refused") {
        this.say("refused");
      } else {
        this.say(answer.outcome === "login" ? "login" : kept ? "kept" : "failed");
        this.retry = setTimeout(() => unlock().then(() => this.save()), AGAIN);
      }
    }

    async settle(mine, version) {
      if (!mine) return this.stop();
      this.torn = false;
      this.form.elements.draft_version.value = version;
      await this.save();
    }

    async stop() {
      this.stopped = true;
      for (const timer of [this.timer, this.retry]) clearTimeout(timer);
      await drop(this.id).catch(() => {});
    }

    async flush() { // everything that was typed is with the server, or the words say why not
      while (this.sending) await this.sending;
      if (this.dirty) await this.save();
      if (this.torn) document.getElementById("draft-newer").scrollIntoView({ block: "center" });
      return !this.dirty;
    }
  }

  const form = document.querySelector("form[data-draft]");
  const entry = form && new Entry(form);

  if (entry) {
    unlock();
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => entry.change());
    addEventListener("online", () => { if (entry.dirty) entry.save(); });
    addEventListener("pagehide", () => {
      if (entry.dirty && !entry.stopped) post(form.dataset.draft, entry.body, entry.version, { keepalive: true, signal: null });
    });
    addEventListener("beforeunload", (event) => { if (entry.dirty && entry.place.dataset.state === "failed") event.preventDefault(); });
  }

  // Leaving: a submission follows what was typed; a discarded draft and a log-out take the copies along ----------------
  const again = (event) => { event.target.dataset.ready = "yes"; event.target.requestSubmit(event.submitter); };
  document.addEventListener("submit", async (event) => {
    const ours = event.target;
    if (ours.dataset.ready || ours.dataset.waits) {
      if (ours.dataset.waits) event.preventDefault(); // a second press
      return;
    }
    if (ours === form && (entry.dirty || entry.sending)) {
      event.preventDefault();
      ours.dataset.waits = "yes";
      const sent = await entry.flush();
      delete ours.dataset.waits;
      if (sent) again(event);
    } else if (event.submitter?.value === "discard" && entry) {
      event.preventDefault();
      await entry.stop();
      again(event);
    } else if (ours.hasAttribute("data-log-out")) {
      event.preventDefault();
      if (entry) await entry.flush();
      await leave();
      again(event);
    }
  });
  addEventListener("pageshow", () => { if (form) delete form.dataset.ready; });
  const leave = async (tell = true) => {
    left = true;
    secret = null;
    await entry?.stop();
    await dropAll().catch(() => {});
    if (tell) windows.postMessage("left");
    else entry?.say("left");
  };
  windows.onmessage = ({ data }) => { if (data === "left") leave(false); };

  // What this device kept: sent now, offered where a newer draft stands, gone where it is somebody else's --------------
  const bring = async () => {
    const copies = await all();
    if (!copies.length || !(await unlock())) return;
    const typing = new Set((await navigator.locks?.query())?.held.map((lock) => lock.name));
    const found = [];
    for (const copy of copies.filter(({ id }) => !typing.has(`draft ${id}`))) {
      const content = copy.owner === secret.owner ? await unseal(copy).catch(() => null) : null;
      if (content) found.push({ ...content, id: copy.id });
      else await drop(copy.id);
    }
    let back = false;
    for (const { id, url, body, version } of found.sort((one, other) => one.at - other.at)) {
      const answer = await post(url, body, version);
      if (answer.outcome === "saved") {
        await drop(id);
        back ||= url === here;
      } else if (answer.outcome === "newer" && url === here) {
        offer(answer.words, "device", async (mine) => {
          if (mine && (await post(url, body, answer.version)).outcome !== "saved") return;
          await drop(id);
          if (mine) location.reload();
        });
      }
    }
    if (!back || entry?.dirty) return;
    sessionStorage.setItem("draft back", here);
    location.reload();
  };
  if (sessionStorage.getItem("draft back") === here && entry) entry.say("saved", `${entry.place.dataset.back} ${entry.place.textContent}`);
  sessionStorage.removeItem("draft back");
  bring().catch(() => {});
  addEventListener("online", () => bring().catch(() => {}));
})();
