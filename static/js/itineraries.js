// The day board with a mouse: a click on a free place opens the form with that day and time; dragging an item moves it,
// dragging its lower edge changes when it ends. With the keyboard M takes an item, arrows move it, Enter puts it down.
// Links and forms do the same without this script.
(() => {
  "use strict";
  const board = document.querySelector("[data-board]");
  if (!board) return;
  const QUARTER = 11.5, STEP = 15, DAY = 24 * 60, EDGE = 8, THRESHOLD = 5;  // pixels of a quarter hour, minutes
  const firstMinute = Number(board.dataset.firstHour) * 60;
  const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  const minutesOf = (text) => { const [hours, minutes] = text.split(":").map(Number); return hours * 60 + minutes; };

  const kept = sessionStorage.getItem("board-scroll");
  if (kept) { sessionStorage.removeItem("board-scroll"); scrollTo(0, Number(kept)); }

  const send = (address, values) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = address;
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    Object.entries({ ...values, csrfmiddlewaretoken: token ? token.value : "" }).forEach(([name, value]) => {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    });
    document.body.append(form);
    sessionStorage.setItem("board-scroll", String(scrollY));
    form.submit();
  };

  let drag = null;
  const plan = (event) => {
    const quarters = Math.round((event.clientY - drag.y) / QUARTER) * STEP;
    if (drag.stretches) return { day: drag.day, start: drag.start, end: Math.min(Math.max(drag.end + quarters, drag.start + STEP), DAY) };
    const column = [...board.querySelectorAll("[data-day]")].find((day) => {
      const box = day.getBoundingClientRect();
      return event.clientX >= box.left && event.clientX < box.right;
    });
    const length = drag.end - drag.start;
    const start = Math.min(Math.max(drag.start + quarters, firstMinute), DAY - length);
    return { day: column ? column.dataset.day : drag.day, column, start, end: start + length };
  };
  const show = (to) => {
    const down = (to.start - drag.start) / STEP * QUARTER;
    if (to.end - to.start !== drag.end - drag.start) drag.item.style.height = `${drag.height + (to.end - drag.end) / STEP * QUARTER}px`;
    if (!drag.stretches) {
      const across = to.column ? to.column.getBoundingClientRect().left - drag.column.getBoundingClientRect().left : 0;
      drag.item.style.transform = `translate(${across}px,${down}px)`;
    }
    drag.label.textContent = `${clock(to.start)}—${clock(to.end % DAY)}`;
  };
  const take = (item, column, start, end, how) => {
    drag = { item, column, day: column.dataset.day, start, end, ...how };
    drag.label = Object.assign(document.createElement("span"), { className: "drag-label" });
    drag.label.setAttribute("aria-live", "polite");
  };
  const finish = () => {
    drag.item.classList.remove("is-dragged");
    drag.item.style.transform = "";
    drag.item.style.height = "";
    drag.label.remove();
    drag = null;
  };

  board.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("[data-move]");
    if (!item || event.pointerType !== "mouse" || event.button !== 0) return;
    const box = item.getBoundingClientRect(), column = item.closest("[data-day]");
    const start = minutesOf(item.dataset.start), end = minutesOf(item.dataset.end) || DAY;
    if (end <= start) return;  // goes on past midnight: its form knows how
    take(item, column, start, end, { x: event.clientX, y: event.clientY, height: box.height, stretches: box.bottom - event.clientY < EDGE, moved: false });
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || drag.to) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < THRESHOLD) return;
    if (!drag.moved) { drag.moved = true; drag.item.classList.add("is-dragged"); drag.item.append(drag.label); }
    show(plan(event));
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag || drag.to) return;
    const { item, moved, day, start, end } = drag, to = plan(event);
    finish();
    if (!moved) return;
    document.addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true });
    if (to.day !== day || to.start !== start || to.end !== end) keep(item, to);
  });
  document.addEventListener("keydown", (event) => { if (drag && event.key === "Escape") finish(); });

  const keep = (item, to) => {
    sessionStorage.setItem("board-focus", item.dataset.move);
    send(item.dataset.move, { view: board.dataset.view, day: to.day, starts: clock(to.start), ends: clock(to.end % DAY) });
  };
  const moved = sessionStorage.getItem("board-focus");
  if (moved) {
    sessionStorage.removeItem("board-focus");
    const item = board.querySelector(`[data-move="${CSS.escape(moved)}"] a`);
    if (item) item.focus({ preventScroll: true });
  }
  const takeByKey = (item) => {
    const start = minutesOf(item.dataset.start), end = minutesOf(item.dataset.end) || DAY;
    if (end <= start) return;
    const column = item.closest("[data-day]");
    take(item, column, start, end, { height: item.getBoundingClientRect().height, stretches: false });
    drag.to = { day: drag.day, column, start, end };
    item.classList.add("is-dragged");
    item.append(drag.label);
    show(drag.to);
  };
  const step = (event) => {
    const to = drag.to, length = to.end - to.start, sign = { ArrowUp: -STEP, ArrowDown: STEP }[event.key];
    const sideways = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
    if (sign && event.shiftKey) to.end = Math.min(Math.max(to.end + sign, to.start + STEP), DAY);
    else if (sign) { to.start = Math.min(Math.max(to.start + sign, firstMinute), DAY - length); to.end = to.start + length; }
    else if (sideways && to.column[sideways] && to.column[sideways].dataset.day) { to.column = to.column[sideways]; to.day = to.column.dataset.day; }
    show(to);
  };
  board.addEventListener("keydown", (event) => {
    const item = event.target.closest("[data-move]");
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!drag && event.key.toLowerCase() === "m") { event.preventDefault(); takeByKey(item); return; }
    if (!drag || !drag.to) return;
    if (event.key === "Enter") { event.preventDefault(); const { to } = drag; finish(); keep(item, to); }
    else if (event.key.startsWith("Arrow")) { event.preventDefault(); step(event); }
  });
  board.addEventListener("focusout", () => { if (drag && drag.to) finish(); });
  board.addEventListener("dragstart", (event) => event.preventDefault());  // links would be dragged as links

  board.addEventListener("click", (event) => {
    const day = event.target.closest("[data-day]");
    if (!day || event.target.closest("a")) return;
    const offset = event.clientY - day.getBoundingClientRect().top;
    const start = firstMinute + Math.floor(offset / (2 * QUARTER)) * 30;
    const end = Math.min(start + 60, DAY - 1);
    location.assign(`${board.dataset.board}?day=${day.dataset.day}&start=${clock(start)}&end=${clock(end)}`);
  });
})();
