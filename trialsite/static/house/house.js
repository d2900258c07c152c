// Small helps at the desk. Every page works without them; nothing here decides anything.
(() => {
  "use strict";

  const root = document.documentElement;
  const typing = (target) => target.matches?.("input, textarea, select, [contenteditable]");
  root.classList.add("js");

  // Parts that open and close ------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      globalThis.bootstrap?.Offcanvas.getInstance(document.getElementById("places"))?.hide();
      document.querySelector(opener.dataset.open)?.showModal();
    }
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest(closer.dataset.close)?.remove();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // Tabs ----------------------------------------------------------------------------------------------------------
  for (const tab of document.querySelectorAll(".subject-tabs [aria-current]")) {  // in sight on a narrow screen too
    const row = tab.closest(".subject-tabs");
    row.scrollLeft = Math.max(0, tab.offsetLeft + tab.offsetWidth + 24 - row.clientWidth);
  }

  // What was refused ----------------------------------------------------------------------------------------------
  const refused = document.querySelector("main .is-invalid, main td.wrong input:not([type=hidden]), main td.wrong select");  // in sight, also where the page says so further down
  if (refused && !document.activeElement?.matches("[autofocus]")) {
    refused.focus({ preventScroll: true });
    refused.scrollIntoView({ block: "center" }); // below the header that stays, with its sentence
  }

  // Keys -----------------------------------------------------------------------------------------------------------
  const places = { i: "inbox", s: "people", n: "clipboard-plus", d: "graph-up", p: "journal-text", t: "clock-history" };
  let awaiting = 0;

  const goTo = (key) => document.querySelector(`a[data-place="${places[key]}"]`)?.click();

  const moveInList = (down) => {
    const lines = [...document.querySelectorAll("main .data-table > tbody > tr")].map((row) => row.querySelector("a[href]")).filter(Boolean);
    if (!lines.length) return;
    const here = lines.findIndex((link) => link.closest("tr").contains(document.activeElement));
    lines[Math.min(lines.length - 1, Math.max(0, here < 0 ? 0 : here + (down ? 1 : -1)))].focus();
  };

  // Enter goes to the next item in paper order: it never submits by accident. "Why empty" is reached with Tab.
  const nextField = (field) => {
    const all = [...field.form.querySelectorAll("input:not([type=hidden]), select, textarea, button")].filter(
      (one) => !one.disabled && !one.closest(".why-empty") && (one.type !== "radio" || one.checked || one === firstOf(one)),
    );
    const group = field.type === "radio" ? all.filter((one) => one.name === field.name).at(-1) : field;
    return all[all.indexOf(all.includes(field) ? field : group) + 1] || null;
  };
  const firstOf = (radio) => radio.form.querySelector(`input[name="${CSS.escape(radio.name)}"]:checked, input[name="${CSS.escape(radio.name)}"]`);

  // In a grid the arrows go along the column; in one of results Enter goes down it, in one of draws Tab too.
  const controlsIn = (cell) => (cell ? [...cell.querySelectorAll("input:not([type=hidden]), select")] : []);
  const alongColumn = (field, step) => {
    const cell = field.closest("td, th"), here = controlsIn(cell), at = here.indexOf(field);
    if (cell.tagName === "TH" && here[at + step]) return here[at + step];
    const rows = [...cell.closest("table").rows];
    for (let down = rows.indexOf(cell.parentElement) + step; rows[down]; down += step) {
      const there = controlsIn(rows[down].cells[cell.cellIndex]);
      if (there.length) return there[0].closest("th") ? there.at(step > 0 ? 0 : -1) : there[Math.min(at, there.length - 1)];
    }
    return null;
  };
  const besideIn = (field, step) => {
    const here = controlsIn(field.closest("td, th"));
    return here[here.indexOf(field) + step];
  };
  const firstBelow = (field) => {
    const next = alongColumn(field, 1);
    return next && (next.closest("th") ? next : controlsIn(next.closest("td"))[0]);
  };
  const acrossRow = (field, step) => {
    const beside = [...field.closest("tr").cells].flatMap((cell) => controlsIn(cell).slice(0, 1));
    return beside[beside.indexOf(field) + step] || null;
  };
  const topOfNext = (field) => controlsIn(field.closest("table").tHead.rows[0].cells[field.closest("td, th").cellIndex + 1])[0];
  const atEdge = (field, right) => field.selectionStart === field.selectionEnd && field.selectionEnd === (right ? field.value.length : 0);
  const goInGrid = (event) => {
    const field = event.target, grid = field.closest("table[data-grid]"), text = field.matches("input");
    if (!grid || event.ctrlKey || event.metaKey || event.altKey) return false;
    const draws = grid.dataset.grid === "column";
    let next = null;
    if (text && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      next = alongColumn(field, event.key === "ArrowDown" ? 1 : -1);
    } else if (draws && text && event.key === "ArrowRight" && atEdge(field, true)) {
      next = acrossRow(field, 1);
    } else if (draws && text && event.key === "ArrowLeft" && atEdge(field, false)) {
      next = acrossRow(field, -1);
    } else if (event.key === "Enter" && !event.shiftKey && grid.dataset.grid) {
      next = alongColumn(field, 1) || (draws && (topOfNext(field) || field.form.querySelector("button.btn-primary")));
    } else if (draws && event.key === "Tab") {
      next = event.shiftKey ? besideIn(field, -1) || alongColumn(field, -1) : (field.value && besideIn(field, 1)) || firstBelow(field) || topOfNext(field);
    }
    if (!next) return false;
    event.preventDefault();
    next.focus();
    if (next.matches("input")) next.select();
    return true;
  };

  const inForm = (event) => {
    const field = event.target;
    if (goInGrid(event)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      field.form.querySelector("button.btn-primary")?.click();
    } else if (event.key === "Enter" && field.matches("input:not([type=hidden], [type=submit]), select")) {
      event.preventDefault();
      const next = nextField(field);
      next?.focus();
      if (next?.matches("input[type=text], input:not([type])")) next.select();
    } else if ((event.key === "Delete" || event.key === "Backspace") && field.matches("input[type=radio]:checked")) {
      field.checked = false;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // a Chinese input method is choosing a word
    if (event.target.closest?.("form[data-entry]") && typing(event.target)) return void inForm(event);
    if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (Date.now() - awaiting < 1500) {
      awaiting = 0;
      goTo(event.key);
    } else if (event.key === "g") {
      awaiting = Date.now();
    } else if (event.key === "/") {
      event.preventDefault();
      document.querySelector("[data-search]")?.focus();
    } else if (event.key === "?") {
      document.getElementById("keys")?.showModal();
    } else if (event.key === "j" || event.key === "k") {
      moveInList(event.key === "j");
    }
  });

  // A paste from a spreadsheet fills the grid from the cell where it lands -----------------------------------------
  const fill = (control, text) => {
    if (control.matches("select")) {
      const option = [...control.options].find((one) => [one.value, one.text].some((t) => t.trim().toLowerCase() === text.toLowerCase()));
      if (option) control.value = option.value;
    } else {
      control.value = text;
    }
  };
  document.addEventListener("paste", (event) => {
    const reader = event.target.closest?.("form[data-read]"); // the server reads a whole report, in one action
    const block = event.clipboardData?.getData("text/plain") || "";
    if (reader && /\S[^]*\n[^]*\S|\t/.test(block)) {
      event.preventDefault();
      reader.elements.paste.value = block;
      reader.querySelector("button[value=read]").click();
      return;
    }
    const cell = event.target.closest?.(".lines td, table[data-grid] td");
    const text = event.clipboardData?.getData("text/plain").replace(/\r?\n$/, "") || "";
    if (!cell || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    const rows = [...cell.closest("tbody").rows];
    const controls = (row) => [...row.querySelectorAll("td input:not([type=hidden]), td select")];
    const column = controls(cell.parentElement).indexOf(event.target);
    text.split(/\r?\n/).forEach((line, down) => {
      const row = rows[rows.indexOf(cell.parentElement) + down];
      line.split("\t").forEach((value, right) => {
        const control = row && controls(row)[column + right];
        if (control) fill(control, value.trim());
      });
    });
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
