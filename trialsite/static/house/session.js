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
  const token = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] || notice.querySelector("input[name=csrfmiddlewaretoken]").value;
  const post = (address, content = {}) =>
    fetch(address, { method: "POST", body: new URLSearchParams(content), headers: { "X-CSRFToken": token() } });
  const stay = async () => {
    const answer = await post(notice.dataset.stay);
    if (answer.ok && !answer.redirected) touch();
    else leave();
  };

  const leave = async () => {
    await post(notice.dataset.logout, { idle: "yes" }).catch(() => {});
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
  document.addEventListener("draft-saved", touch);
  touch();
  look();
})();
