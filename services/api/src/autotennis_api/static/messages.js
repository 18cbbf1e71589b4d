// Lets this browser be notified, and looks after a test that is on its way.
"use strict";
(() => {
  const KEPT = "autotennis-push";
  const LOOK_MS = 1500;
  const LOOKS = 40;

  // The channel that is this browser, as it was told when it became one; null if it is none of the reader's.
  function ofThisBrowser() {
    const shown = (id) => id && document.querySelector(`[data-channel="${CSS.escape(id)}"]`);
    const here = new URLSearchParams(location.search).get("here");
    if (shown(here)) localStorage.setItem(KEPT, here);
    const kept = localStorage.getItem(KEPT);
    return shown(kept) ? kept : null;
  }

  function keyOf(text) {
    const padded = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
    return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
  }

  async function subscribed(box) {
    const registration = await navigator.serviceWorker.register(box.dataset.worker, { scope: "/" });
    await navigator.serviceWorker.ready;
    // A browser notifies whoever turned it on last: an earlier subscription may be somebody else's.
    const earlier = await registration.pushManager.getSubscription();
    await earlier?.unsubscribe();
    const applicationServerKey = keyOf(box.dataset.key);
    return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  }

  function complain(box, words) {
    const shown = box.querySelector(".error");
    shown.textContent = words;
    shown.hidden = false;
  }

  async function turnOn(box, form) {
    if ((await Notification.requestPermission()) !== "granted") return complain(box, box.dataset.denied);
    try {
      const { endpoint, keys } = (await subscribed(box)).toJSON();
      form.elements.endpoint.value = endpoint;
      form.elements.p256dh.value = keys.p256dh;
      form.elements.auth.value = keys.auth;
    } catch {
      return complain(box, box.dataset.failed);
    }
    return form.submit();
  }

  async function turnOff() {
    localStorage.removeItem(KEPT);
    const registration = await navigator.serviceWorker.getRegistration("/");
    const subscription = await registration?.pushManager.getSubscription();
    await subscription?.unsubscribe();
  }

  function browserPart(box) {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return;
    box.querySelector(".push-cannot").hidden = true;
    const mine = ofThisBrowser();
    box.querySelector(".push-on").hidden = !mine;
    const form = box.querySelector("form");
    form.hidden = Boolean(mine);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      turnOn(box, form);
    });
    const removal = mine && document.querySelector(`[data-remove="${CSS.escape(mine)}"]`);
    removal?.addEventListener("submit", async (event) => {
      event.preventDefault();
      await turnOff().catch(() => {});
      removal.submit();
    });
  }

  async function lookAgain(left) {
    if (!left || !document.querySelector("[data-pending]")) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    try {
      const answer = await fetch(location.href, { cache: "no-store", redirect: "error" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("channels");
      if (answer.ok && fresh && !fresh.querySelector("[data-pending]")) {
        document.getElementById("channels").replaceWith(fresh);
        document.getElementById("announcement").textContent = fresh.querySelector("[data-said]")?.textContent ?? "";
      }
    } catch {
      // no network just now
    }
    lookAgain(left - 1);
  }

  const box = document.getElementById("push");
  if (box) browserPart(box);
  lookAgain(LOOKS);
})();
