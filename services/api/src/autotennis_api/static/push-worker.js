// Shows what is pushed to this browser, and opens its page when the reader asks for it.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function told(event) {
  try {
    return event.data.json();
  } catch {
    return {}; // a browser requires that something is shown
  }
}

// A page of ours, whatever the message says: under the address at which this browser knows us.
function page(url) {
  const root = new URL("/", self.location.href);
  try {
    const { pathname, search } = new URL(url, root);
    return new URL(pathname.replace(/^\/+/, "/") + search, root).href;
  } catch {
    return root.href;
  }
}

self.addEventListener("push", (event) => {
  const { title = "Autotennis", body = "", url = "/", tag } = told(event);
  const options = { body, icon: "/static/ball.svg", data: { url: page(url) }, ...(tag ? { tag } : {}) };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url } = event.notification.data;
  const open = async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = windows.find((one) => one.url === url);
    return there ? there.focus() : self.clients.openWindow(url);
  };
  event.waitUntil(open());
});
