// The worker of one participant's page. Its scope is /my/<token>/, so it sees no other page, and keeps nothing for one.
"use strict";
const HOME = self.registration.scope;
const STORE = `my-page ${HOME}`;
const DAYS = 30; // an older copy misleads more than it helps

const isGone = (answer) => answer.status === 404 || answer.status === 410;
let isOver = false; // the link was reset: a copy that is still being fetched must not come after the removal

const forget = async () => {
  isOver = true;
  await caches.delete(STORE);
  await self.registration.unregister();
};

// Fetch the page for times without network in the reader's language and program, with the styles and scripts that it names.
const keep = async (search) => {
  const asked = new URLSearchParams(search);
  const address = new URL(HOME);
  address.searchParams.set("view", "offline");
  ["lang", "program"].forEach((name) => { if (asked.get(name)) address.searchParams.set(name, asked.get(name)); });
  const answer = await fetch(address);
  if (isGone(answer)) await forget();
  if (!answer.ok) return;
  const text = await answer.clone().text();
  const parts = new Set([...text.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((found) => found[1]));
  const store = await caches.open(STORE);
  await store.put(HOME, answer);
  await Promise.all([...parts].map(async (part) => {
    const got = await fetch(part);
    if (got.ok) await store.put(part, got);
  }));
  if (isOver) await caches.delete(STORE);
};

const kept = async (request) => {
  const found = await caches.match(request, { cacheName: STORE, ignoreVary: true, ignoreSearch: true });
  const age = found && Date.now() - Date.parse(found.headers.get("Date"));
  return age < DAYS * 24 * 3600 * 1000 ? found : undefined;
};

// The page itself: always from the network where there is one. A link that was reset ends the copy, too.
const page = async (request) => {
  try {
    const answer = await fetch(request);
    if (isGone(answer)) await forget();
    return answer;
  } catch (problem) {
    const copy = await kept(HOME);
    if (copy) return copy;
    throw problem;
  }
};

const part = async (request) => {
  try {
    return await fetch(request);
  } catch (problem) {
    const copy = await kept(request);
    if (copy) return copy;
    throw problem;
  }
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => { if ("keep" in event.data) event.waitUntil(keep(event.data.keep)); });
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (mode === "navigate" && origin + pathname === HOME) event.respondWith(page(event.request));
  else if (pathname.startsWith("/static/")) event.respondWith(part(event.request));
});
