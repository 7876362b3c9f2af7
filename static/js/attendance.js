// The roll-call: after a row is swapped, focus stays where the finger was; "/" goes to the search; taps survive a lost network.
(() => {
  "use strict";
  let pressed = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest(".roll-person");
    const button = document.activeElement && document.activeElement.closest(".roll-button");
    pressed = row && button ? { row: row.id, value: button.value } : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!pressed) return;
    const row = document.getElementById(pressed.row);
    const button = row && row.querySelector(`.roll-button[value="${pressed.value}"]`);
    if (button) button.focus({ preventScroll: true });
    pressed = null;
  });
  // Without a network a tap is kept by the queue, as on the scan page; once all are sent the list is read anew. A reason stays in its field.
  const queue = window.checkInQueue;
  const keep = (event) => {
    const row = event.target.closest(".roll-person[data-item]"), { path, parameters } = event.detail.requestConfig;
    const state = path.endsWith("/undo/") ? "undo" : parameters.state;
    if (!row || (parameters.reason && state === row.dataset.state)) return;
    event.preventDefault();
    const registration = Number(row.id.slice(1));
    queue.remember(registration, row.querySelector(".roll-name").textContent);
    queue.add({ item: Number(row.dataset.item), registration, state, is_explicit: true });
    row.querySelectorAll(".roll-buttons .roll-button").forEach((button) => button.setAttribute("aria-pressed", button.value === state));
  };
  const refresh = () => {
    const people = document.getElementById("people");
    if (people && !queue.waiting().length) window.htmx.ajax("GET", window.location.href, { source: people, target: people, select: "#people", swap: "outerHTML" });
  };
  if (queue) {
    document.addEventListener("htmx:sendError", keep, true);  // before the message about what was not saved
    queue.onAnswer(refresh);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input,textarea,select")) return;
    const field = document.querySelector("[data-roll-search] input[type=search]");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  });
})();
