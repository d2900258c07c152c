// The idle time of a log-in: a word before it ends, and the log-in page when it has. The server ends it by itself.
(() => {
  "use strict";

  const notice = document.getElementById("idle");
  if (!notice) return;
  const idleMs = Number(notice.dataset.idleSeconds) * 1000;
  const warnMs = Math.min(120000, idleMs / 4);
  const key = "last-request"; // every window of this browser shares one log-in

  const seen = () => Number(localStorage.getItem(key)) || 0;
  const touch = () => {
    localStorage.setItem(key, String(Date.now()));
    notice.hidden = true;
  };
  const post = (address) =>
    fetch(address, { method: "POST", headers: { "X-CSRFToken": notice.querySelector("input[name=csrfmiddlewaretoken]").value } });
  const stay = async () => {
    const answer = await post(notice.dataset.stay);
    if (answer.ok && !answer.redirected) touch();
    else leave();
  };

  const leave = async () => {
    await post(notice.dataset.logout).catch(() => {});
    location.assign(notice.dataset.login + "?next=" + encodeURIComponent(location.pathname + location.search));
  };

  const look = () => {
    const left = seen() + idleMs - Date.now();
    notice.hidden = left > warnMs;
    if (left <= 0) leave();
    else setTimeout(look, Math.max(1000, Math.min(left - warnMs > 0 ? left - warnMs : left, 30000)));
  };

  notice.querySelector("button").addEventListener("click", (event) => { event.preventDefault(); stay(); });
  document.addEventListener("htmx:afterOnLoad", (event) => { if (event.detail.successful !== false) touch(); });
  touch();
  look();
})();
