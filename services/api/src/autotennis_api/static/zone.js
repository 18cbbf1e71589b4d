// Tells when something is by the reader's own clock, where that differs from the club's.
"use strict";
(() => {
  const how = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };
  const language = document.documentElement.lang;

  for (const note of document.querySelectorAll("[data-elsewhere]")) {
    const instant = new Date(note.dataset.elsewhere);
    const here = new Intl.DateTimeFormat(language, how).format(instant);
    const there = new Intl.DateTimeFormat(language, { ...how, timeZone: note.dataset.zone }).format(instant);
    if (here === there) continue;
    const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    note.textContent = note.dataset.words.replace("{}", `${here} (${zone})`);
    note.hidden = false;
  }
})();
