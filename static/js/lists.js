// Long lists: selecting rows, moving with J and K, jumping to the next problem with F8.
(() => {
  "use strict";
  const typing = (event) => event.target.closest("input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable]") || event.ctrlKey || event.metaKey || event.altKey;

  // data-bulk on the form: [data-bulk-row] check boxes, [data-bulk-all], [data-bulk-bar] with [data-bulk-count], [data-bulk-clear].
  const refresh = (form) => {
    const boxes = [...form.querySelectorAll("[data-bulk-row]")];
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => { const row = box.closest("tr,li"); if (row) row.classList.toggle("is-selected", box.checked); });
    const all = form.querySelector("[data-bulk-all]");
    if (all) { all.checked = boxes.length > 0 && chosen.length === boxes.length; all.indeterminate = chosen.length > 0 && chosen.length < boxes.length; }
    const bar = form.querySelector("[data-bulk-bar]") || document.querySelector(`[data-bulk-bar="${form.id}"]`);
    if (!bar) return;
    bar.hidden = chosen.length === 0;
    bar.querySelectorAll("[data-bulk-count]").forEach((place) => { place.textContent = chosen.length; });
    document.body.classList.toggle("has-selection", chosen.length > 0);
  };
  const setUp = () => document.querySelectorAll("[data-bulk]").forEach(refresh);
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-bulk]") || (event.target.form && event.target.form.matches("[data-bulk]") ? event.target.form : null);
    if (!form) return;
    if (event.target.matches("[data-bulk-all]")) form.querySelectorAll("[data-bulk-row]").forEach((box) => { box.checked = event.target.checked; });
    refresh(form);
  });
  document.addEventListener("click", (event) => {
    const clear = event.target.closest("[data-bulk-clear]");
    if (!clear) return;
    event.preventDefault();
    const form = clear.closest("[data-bulk]") || clear.form;
    form.querySelectorAll("[data-bulk-row]").forEach((box) => { box.checked = false; });
    refresh(form);
  });

  // data-keys on the list: J and K follow the links marked data-key-item; single keys press [data-key="a"].
  const move = (step) => {
    const items = [...document.querySelectorAll("[data-keys] [data-key-item]")];
    if (!items.length) return;
    const at = items.findIndex((item) => item.closest(".is-current,[aria-current]"));
    const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
    next.focus();
    next.click();
  };
  // data-problem marks a place to mend; F8 goes to the next one, Shift F8 back.
  const problem = (step) => {
    const places = [...document.querySelectorAll("[data-problem]")];
    if (!places.length) return;
    const at = places.findIndex((place) => place === document.activeElement || place.contains(document.activeElement));
    const next = places[(at + step + places.length) % places.length];
    const target = next.matches("a,button,input,select") ? next : next.querySelector("a,button,input,select") || next;
    target.scrollIntoView({ block: "center", inline: "center" });
    target.focus();
    if (target.matches("button,a[hx-get]")) target.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "F8") { event.preventDefault(); problem(event.shiftKey ? -1 : 1); return; }
    if (typing(event)) return;
    const key = event.key.toLowerCase();
    if (document.querySelector("[data-keys]") && (key === "j" || key === "k")) { event.preventDefault(); move(key === "j" ? 1 : -1); return; }
    const button = /^[a-z]$/.test(key) && document.querySelector(`[data-key="${key}"]`);
    if (button && !document.querySelector("dialog[open]")) { event.preventDefault(); button.click(); }
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-next-problem]")) { event.preventDefault(); problem(1); } });
  document.addEventListener("htmx:afterSettle", setUp);
  setUp();
})();
