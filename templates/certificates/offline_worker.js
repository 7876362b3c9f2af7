// Keeps the page of the check without a network, with all that it loads, and gives it back when there is none.
const PAGE = new URL(".", self.location).pathname, KEPT = "verify-offline-1", OURS = "verify-offline-";
const keep = async () => {
  const kept = await caches.open(KEPT), page = await fetch(PAGE);
  const files = [...(await page.clone().text()).matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((found) => found[1]);
  await Promise.all([kept.put(PAGE, page), kept.addAll([...new Set(files)])]);
};
const drop = async () => Promise.all((await caches.keys()).filter((name) => name.startsWith(OURS) && name !== KEPT).map((name) => caches.delete(name)));
const fresh = async (request) => {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok) await kept.put(request, answer.clone());
    return answer;
  } catch (offline) {
    const copy = await kept.match(request, { ignoreSearch: true });
    if (copy) return copy;
    throw offline;
  }
};
self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(drop().then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = new URL(request.url).origin === self.location.origin && (request.mode !== "navigate" || new URL(request.url).pathname === PAGE);
  if (request.method === "GET" && isOurs) event.respondWith(fresh(request));
});
