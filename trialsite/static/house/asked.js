// Items that are asked only with certain other answers: out of sight until then. The server decides; this only shows.
(() => {
  "use strict";

  const form = document.querySelector("form[data-entry]");
  const items = form ? [...form.querySelectorAll("[data-show-when]")] : [];
  if (!items.length) return;

  // What stands in an item: a text, yes or no; null while it is empty.
  const answer = (name) => {
    const fields = [...form.elements].filter((one) => one.name === name);
    const chosen = fields.filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked);
    const text = chosen[0]?.value.trim() ?? "";
    if (text === "") return null;
    return fields[0].type === "radio" && ["yes", "no"].includes(text) ? text === "yes" : text;
  };

  const number = (value) => (value === null || value === "" || isNaN(Number(value)) ? null : Number(value));
  const same = (a, b) => a === b || String(a) === String(b) || (number(a) !== null && number(a) === number(b));
  const ordered = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b };

  // Three-valued: true, false, or null while it is not known. What is not read here (dates, multiples) is shown.
  const compare = (rule) => {
    const found = answer(rule.fact);
    if (found === null) return null;
    if (!("value" in rule)) return true;
    const values = Array.isArray(rule.value) ? rule.value : [rule.value];
    if (["=", "in"].includes(rule.op)) return values.some((one) => same(found, one));
    if (["!=", "not_in"].includes(rule.op)) return !values.some((one) => same(found, one));
    const [a, b] = [number(found), number(rule.value)];
    return a === null || b === null ? true : ordered[rule.op](a, b);
  };
  const holds = (rule) => {
    if (rule.all) return rule.all.map(holds).reduce((a, b) => (a === false || b === false ? false : a === null || b === null ? null : true), true);
    if (rule.any) return rule.any.map(holds).reduce((a, b) => (a === true || b === true ? true : a === null || b === null ? null : false), false);
    if (rule.not) return holds(rule.not) === null ? null : !holds(rule.not);
    if (rule.if) return holds(rule.if) === false ? true : holds(rule.then);
    return compare(rule);
  };

  // An item with an answer, or with something to say, stays in sight.
  const filled = (item) =>
    item.querySelector(".is-invalid, .invalid-feedback") ||
    [...item.querySelectorAll("input:not([type=hidden]), textarea, select")].some((one) =>
      ["radio", "checkbox"].includes(one.type) ? one.checked : one.value && !one.closest(".why-empty") && one.type !== "select-one");

  const show = () => {
    for (const item of items) item.hidden = holds(JSON.parse(item.dataset.showWhen)) !== true && !filled(item);
  };
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
})();
