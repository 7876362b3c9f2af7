// The roll-calls of an item and of a day: after a row is swapped, focus stays where the finger was; "/" goes to the search;
// taps survive a lost network, an expired session and a closed page, because the queue keeps whatever the server has not answered.
(() => {
  "use strict";
  let pressed = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest(".roll-person");
    const button = document.activeElement && document.activeElement.closest(".roll-button");
    pressed = row && button ? { row: row.id, name: button.name, value: button.value } : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!pressed) return;
    const row = document.getElementById(pressed.row);
    const button = row && row.querySelector(`.roll-button[name="${pressed.name}"][value="${pressed.value}"]`);
    if (button) button.focus({ preventScroll: true });
    pressed = null;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input,textarea,select")) return;
    const field = document.querySelector("[data-roll-search] input[type=search]");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  });
  const queue = window.checkInQueue;
  if (!queue) return;

  // How the rows stand: what the server said, and over it what waits here ---------------------------------------------
  const rows = () => [...document.querySelectorAll(".roll-person")];
  const idOf = (row) => Number(row.id.slice(1));
  const numbers = (text) => (text || "").split(" ").filter(Boolean).map(Number);
  const noted = (row) => new Map((row.dataset.notes || "").split(" ").filter(Boolean).map((note) => note.split(":")).map(([item, state]) => [Number(item), state]));
  const standing = (row, waiting) => {
    const notes = noted(row);
    waiting.filter((mark) => mark.registration === idOf(row)).forEach(({ item, state }) => { if (state === "undo") notes.delete(item); else notes.set(item, state); });
    return notes;
  };
  const paintItem = (row, state) => {
    row.querySelectorAll(".roll-buttons .roll-button").forEach((button) => button.setAttribute("aria-pressed", button.value === state));
    const reason = row.querySelector(".roll-reason");
    reason.hidden = !state || state === "present";
    reason.querySelector("button").value = state;
  };
  const paintPart = (button, notes) => {
    const items = numbers(button.dataset.items), states = items.map((item) => notes.get(item)).filter(Boolean);
    const isOne = states.length === items.length && new Set(states).size === 1, state = isOne ? states[0] : states.length ? "mixed" : "";
    if (!items.length) return;
    button.className = `roll-button day-button${state ? ` is-${state}` : ""}`;
    button.querySelector(".day-state").textContent = state === "mixed" ? `${states.length}/${items.length}` : queue.word(`state-${state}`);
  };
  const paint = () => {
    const waiting = queue.waiting();
    rows().forEach((row) => {
      queue.remember(idOf(row), row.querySelector(".roll-name").textContent);
      const items = numbers(row.dataset.items), own = waiting.filter((mark) => mark.registration === idOf(row) && items.includes(mark.item));
      const meta = row.querySelector(".roll-words .meta");
      if (!own.length && !meta.dataset.waiting) return;
      meta.dataset.waiting = own.length ? queue.word("row") : "";
      const notes = standing(row, own);
      row.querySelectorAll(".day-button").forEach((button) => paintPart(button, notes));
      if (row.querySelector(".roll-reason")) paintItem(row, notes.get(items[0]) || "");
      row.querySelector("[data-undo]").hidden = !notes.size;
    });
    queue.show();  // names are known now
  };

  // Taps --------------------------------------------------------------------------------------------------------------
  const TAPS = ".roll-person, [data-group-tap]";
  const partOf = (row, name) => row.querySelector(`.day-button[value="${name}"]`);
  const itemsOf = (row, part) => numbers((part && partOf(row, part) ? partOf(row, part) : row).dataset.items);
  const marksOf = (element, { path, parameters }) => {
    const own = element.closest(".roll-person"), { part } = parameters, state = path.endsWith("/undo/") ? "undo" : parameters.state || "present";
    const field = element.closest("form").elements.reason, reason = parameters.reason || (field && field.defaultValue ? "" : null);  // null leaves what stands
    const mark = (row, item) => ({ item, registration: idOf(row), state, reason, is_explicit: Boolean(own), only_open: !own });
    if (own) return itemsOf(own, part).map((item) => mark(own, item));
    const waiting = queue.waiting();
    return [...element.closest(".panel").querySelectorAll(".roll-person")].flatMap((row) => {
      const notes = standing(row, waiting);
      return itemsOf(row, part).filter((item) => !notes.has(item)).map((item) => mark(row, item));
    });
  };
  const isTap = ({ detail: { requestConfig } }) => requestConfig && requestConfig.verb === "post" && requestConfig.elt.closest(TAPS);
  const reason = document.getElementById("day-reason");
  const clearReason = () => { if (reason) reason.value = ""; };
  const keep = (event) => {
    if (!isTap(event)) return;
    queue.addAll(marksOf(event.detail.requestConfig.elt, event.detail.requestConfig));
    event.preventDefault();  // instead of the message about what was not saved, or of a page in place of the row
    clearReason();
    paint();
  };
  // Behind marks that wait, the next one waits too: they arrive in the order in which they were made.
  document.addEventListener("htmx:beforeRequest", (event) => { if (navigator.onLine === false || queue.waiting().length) keep(event); });
  ["htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, keep, true));
  document.addEventListener("htmx:responseError", (event) => { if (event.detail.xhr.status > 499 || [401, 403].includes(event.detail.xhr.status)) keep(event); }, true);
  document.addEventListener("htmx:beforeSwap", (event) => { if (new URL(event.detail.xhr.responseURL || "/", window.location).pathname.startsWith("/accounts/")) keep(event); });
  document.addEventListener("htmx:afterRequest", (event) => { if (isTap(event) && event.detail.successful) clearReason(); });
  queue.onAnswer(() => {
    const people = document.getElementById("people");
    if (people && !queue.waiting().length) window.htmx.ajax("GET", window.location.href, { source: people, target: people, select: "#people", swap: "outerHTML" });
  });
  document.addEventListener("htmx:afterSettle", paint);
  window.addEventListener("storage", paint);

  // "Note as" without loading the page anew.
  const choose = (state) => {
    document.querySelectorAll("input[data-day-as]").forEach((field) => { field.value = state; });
    document.querySelectorAll("input[name=back_query]").forEach((field) => {
      const query = new URLSearchParams(field.value);
      query.set("as", state);
      field.value = query;
    });
    document.querySelectorAll("[data-day-choice] a").forEach((link) => {
      if (new URLSearchParams(link.search).get("as") === state) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    });
    reason.closest("[data-day-reason]").hidden = state === "present";
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-day-choice] a");
    if (!link) return;
    event.preventDefault();
    window.history.replaceState(null, "", link.href);
    choose(new URLSearchParams(link.search).get("as"));
  });

  // Without a network the search looks through the open page.
  const search = (words) => {
    const text = words.replace(/\s+/g, "").toLowerCase();
    rows().forEach((row) => { row.hidden = Boolean(text) && !row.dataset.find.split(" ").some((word) => word.includes(text)); });
  };
  document.addEventListener("htmx:sendError", (event) => { if (event.target.matches("[data-roll-search]")) search(event.target.elements.q.value); });
  if (document.body.dataset.kept) {
    const asked = new URLSearchParams(window.location.search);
    if (reason && asked.get("as")) choose(asked.get("as"));
    search(asked.get("q") || "");
  }
  paint();
})();
