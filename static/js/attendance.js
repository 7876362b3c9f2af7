// The roll-call: after a row is swapped, focus stays where the finger was; "/" goes to the search.
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
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input,textarea,select")) return;
    const field = document.querySelector("[data-roll-search] input[type=search]");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  });
})();
