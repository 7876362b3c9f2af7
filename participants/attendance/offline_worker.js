// Keeps the check-in pages that were opened, for times without a network: each for a day at most, and only those of one account.
// They go when somebody signs out (static/js/desk.js). Requests other than for these pages and their styles and scripts pass untouched.
"use strict";
const PREFIX = "check-in ", HOURS = 24, PATIENCE = 6000;
const STATIC = /(?:href|src)="(\/static\/[^"]+)"/g, NEVER_CHANGES = /\.[0-9a-f]{12}\.\w+$/;
const NARROWING = ["q", "group", "show"]; // lists narrowed by these are not kept; without a network the whole list takes their place

const keyOf = (url) => {
  const key = new URL(url.pathname, url.origin);
  ["day", "page"].forEach((name) => { if (url.searchParams.get(name)) key.searchParams.set(name, url.searchParams.get(name)); });
  return key.href;
};
const ours = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX));
const isFresh = (answer) => Date.now() - Date.parse(answer.headers.get("Kept-At")) < HOURS * 3600 * 1000;

const copyOf = async (key) => {
  for (const name of await ours()) {
    const found = await (await caches.open(name)).match(key, { ignoreVary: true });
    if (found && isFresh(found)) return found;
  }
  return undefined;
};
const dropOld = async (store) => {
  for (const key of await store.keys()) {
    const kept = await store.match(key, { ignoreVary: true });
    if (kept.headers.has("Kept-At") && !isFresh(kept)) await store.delete(key, { ignoreVary: true });
  }
};
// The page says whose it is, and is told when it was kept.
const keep = async (url, answer) => {
  const text = await answer.text(), owner = /data-owner="(\d+)"/.exec(text), now = new Date().toISOString();
  if (!owner || NARROWING.some((name) => url.searchParams.get(name))) return;
  const name = PREFIX + owner[1], headers = new Headers(answer.headers);
  ["Content-Encoding", "Content-Length"].forEach((header) => headers.delete(header));
  headers.set("Kept-At", now);
  await Promise.all((await ours()).filter((other) => other !== name).map((other) => caches.delete(other)));
  const store = await caches.open(name);
  await store.put(keyOf(url), new Response(text.replace("<body", `<body data-kept="${now}"`), { headers }));
  const parts = [...new Set([...text.matchAll(STATIC)].map((found) => found[1]))];
  await Promise.all(parts.map(async (part) => {
    if (NEVER_CHANGES.test(part) && await store.match(part, { ignoreVary: true })) return;
    const got = await fetch(part);
    if (got.ok) await store.put(part, got);
  }));
  await dropOld(store);
};
const isKeepable = (answer) => answer.ok && !answer.redirected && (answer.headers.get("Content-Type") || "").startsWith("text/html");

// From the network while it answers in time; else the copy.
const page = async (event, url) => {
  const copy = await copyOf(keyOf(url));
  const network = fetch(event.request).then((answer) => {
    if (isKeepable(answer)) event.waitUntil(keep(url, answer.clone()));
    return answer;
  });
  if (!copy) return network;
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
  const answer = await Promise.race([network, late]).catch(() => undefined);
  return answer && answer.status < 500 ? answer : copy;
};
const part = async (request) => {
  const copy = await caches.match(request, { ignoreVary: true });
  if (copy && NEVER_CHANGES.test(new URL(request.url).pathname)) return copy;
  return fetch(request).catch((problem) => { if (copy) return copy; throw problem; });
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  const url = new URL(event.data.keep);
  event.waitUntil(fetch(url).then((answer) => (isKeepable(answer) ? keep(url, answer) : undefined)));
});
self.addEventListener("fetch", (event) => {
  const { method, mode, url: address } = event.request, url = new URL(address);
  if (method !== "GET" || url.origin !== self.location.origin) return;
  if (mode === "navigate" && address.startsWith(self.registration.scope)) event.respondWith(page(event, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(part(event.request));
});
