// Small helps at the desk; every page works without them.
(() => {
  "use strict";

  const typing = (target) => target.matches("input, textarea, select, [contenteditable]");
  let awaiting = false;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.matches("form[data-entry] input:not([type=hidden])")) {
      // Enter goes to the next field: it never submits a form by accident.
      const fields = [...event.target.form.querySelectorAll("input:not([type=hidden]), select, textarea, button")];
      const next = fields[fields.indexOf(event.target) + 1];
      if (next) { event.preventDefault(); next.focus(); }
      return;
    }
    if (typing(event.target)) return;
    if (awaiting) {
      awaiting = false;
      const place = { i: "/", s: "/subjects/", d: "/dashboards/" }[event.key];
      if (place) window.location.assign(place);
    } else if (event.key === "g") {
      awaiting = true;
      setTimeout(() => { awaiting = false; }, 1500);
    } else if (event.key === "/") {
      event.preventDefault();
      document.querySelector("[data-search]")?.focus();
    }
  });

  // A draft that could not be saved says so, and is tried again until it is.
  const retry = (event) => {
    const form = event.target.closest?.("form[data-entry]");
    if (!form) return;
    const state = document.getElementById("draft-state");
    if (state) state.textContent = state.dataset.failed;
    setTimeout(() => form.dispatchEvent(new Event("input", { bubbles: true })), 3000);
  };
  document.addEventListener("htmx:sendError", retry);
  document.addEventListener("htmx:responseError", retry);
})();
