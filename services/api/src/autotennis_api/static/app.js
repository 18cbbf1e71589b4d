// Makes pages that work without it livelier: ticking countdowns, news without reloading, word of what takes a while.
"use strict";
(() => {
  const body = document.body;
  const units = body.dataset.units.split("|");
  // The reader's own clock may be wrong: countdowns go by the server's.
  const aheadMs = Date.parse(body.dataset.now) - Date.now();
  const POLL_MS = 2000;

  function inWords(leftS) {
    if (leftS <= 0) return body.dataset.done;
    const parts = [];
    let rest = leftS;
    [86400, 3600, 60, 1].forEach((size, place) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      if (count || parts.length || size === 1) parts.push(`${count} ${units[place]}`);
    });
    return body.dataset.in.replace("{}", parts.slice(0, 2).join(" "));
  }

  function tick() {
    const now = Date.now() + aheadMs;
    for (const shown of document.querySelectorAll("[data-countdown]")) {
      const text = inWords(Math.floor((Date.parse(shown.dateTime) - now) / 1000));
      if (shown.textContent !== text) shown.textContent = text;
    }
  }

  function said(part) {
    return [...part.querySelectorAll("[data-said]")].map((one) => one.dataset.said);
  }

  function show(part, html) {
    const before = said(part);
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
    tick();
    const news = said(part).filter((one) => !before.includes(one));
    if (news.length) document.getElementById("announcement").textContent = news.join(". ");
  }

  async function refresh(part) {
    const answer = await fetch(part.dataset.live, {
      cache: "no-store",
      headers: { "If-None-Match": `"${part.dataset.version}"` },
      redirect: "error",
    });
    if (answer.status === 401) {
      // The session has ended. The live part's own page leads to sign-in; this one may be a form's answer.
      location.assign(part.dataset.live.replace(/\/live$/, "") || "/");
      return false;
    }
    if (answer.status === 404) return false;
    if (answer.status !== 200) return true;
    part.dataset.version = (answer.headers.get("ETag") || "").replaceAll('"', "");
    show(part, await answer.text());
    return !part.querySelector("[data-settled]");
  }

  function keepFresh(part) {
    const again = () => setTimeout(run, POLL_MS);
    const run = async () => {
      if (document.hidden) return again();
      try {
        if (await refresh(part)) again();
      } catch {
        again(); // no network just now; the page stays as it is
      }
    };
    again();
  }

  // Told of news as they come, while the page is looked at; where that is not to be had, it asks for them.
  function listen(part) {
    if (!part.dataset.stream || !window.EventSource) {
      keepFresh(part);
      return;
    }
    let source = null;
    const close = () => {
      source.close();
      source = null;
    };
    const open = () => {
      source = new EventSource(`${part.dataset.stream}?have=${part.dataset.version}`);
      source.addEventListener("part", (news) => {
        part.dataset.version = news.lastEventId;
        show(part, news.data);
      });
      source.addEventListener("settled", end);
      source.addEventListener("error", () => {
        if (source?.readyState !== EventSource.CLOSED) return; // it comes back by itself
        end();
        keepFresh(part);
      });
    };
    const turn = () => {
      if (document.hidden && source) close();
      else if (!document.hidden && !source) open();
    };
    const end = () => {
      if (source) close();
      document.removeEventListener("visibilitychange", turn);
    };
    document.addEventListener("visibilitychange", turn);
    turn();
  }

  function onSubmit(event) {
    const button = event.target.querySelector("[data-progress]");
    if (!button) return;
    if (button.getAttribute("aria-busy") === "true") {
      event.preventDefault(); // pressed twice: once is enough
      return;
    }
    button.dataset.text = button.textContent;
    button.textContent = button.dataset.progress;
    button.setAttribute("aria-busy", "true");
    document.getElementById("announcement").textContent = button.dataset.progress;
  }

  // A page that the browser kept and shows again must not look busy.
  function onShow() {
    for (const button of document.querySelectorAll("[data-text]")) {
      button.textContent = button.dataset.text;
      button.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("submit", onSubmit);
  window.addEventListener("pageshow", onShow);
  tick();
  setInterval(tick, 1000);
  document.querySelectorAll("[data-live]").forEach(listen);
  document.getElementById("problems")?.focus();
})();
