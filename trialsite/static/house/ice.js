// Adds up the ICE score while it is entered. The score that counts is computed on the server from what is saved.
(() => {
  const ANSWERS = ["year", "month", "city", "hospital"];
  const POINTS = ["naming", "command", "writing", "attention"];

  const chosen = (form, item) => {
    const field = form.querySelector(`[data-ice="${item}"]:checked, select[data-ice="${item}"], input[data-ice="${item}"]:not([type=radio])`);
    return field ? field.value : "";
  };

  const orientation = (form) => {
    const answers = ANSWERS.map((item) => chosen(form, item));
    if (answers.every((answer) => answer)) return answers.filter((answer) => answer === "yes").length;
    const noted = chosen(form, "orientation");
    return noted === "" ? null : Number(noted);
  };

  const total = (form) => {
    const points = [orientation(form), ...POINTS.map((item) => (chosen(form, item) === "" ? null : Number(chosen(form, item))))];
    return points.some((one) => one === null || Number.isNaN(one)) ? null : points.reduce((sum, one) => sum + one, 0);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const last = document.querySelector("[data-ice-words]");
    if (!last) return;
    const form = last.closest("form");
    const shown = document.createElement("output");
    shown.className = "rule d-block";
    last.closest(".item").after(shown);
    const show = () => {
      const sum = total(form);
      shown.textContent = sum === null ? last.dataset.iceOpen : last.dataset.iceWords.replace("{n}", sum);
    };
    form.addEventListener("input", show);
    form.addEventListener("change", show);
    show();
  });
})();
