// The day board with a mouse: a click on a free place opens the form with that day and time; dragging an item moves it, to another
// group's lane it goes to that group; dragging its lower edge changes when it ends. With the keyboard M takes an item, arrows move it,
// Enter puts it down. Links and forms do the same without this script.
(() => {
  "use strict";
  const board = document.querySelector("[data-board]");
  if (!board) return;
  const QUARTER = 11.5, STEP = 15, DAY = 24 * 60, EDGE = 8, THRESHOLD = 5;  // pixels of a quarter hour, minutes
  const NEAR = 40, PACE = 6;  // dragged so many pixels, and within so many of an edge, the page scrolls along, so many a frame
  const firstMinute = Number(board.dataset.firstHour) * 60;
  const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  const minutesOf = (text) => { const [hours, minutes] = text.split(":").map(Number); return hours * 60 + minutes; };
  const hours = board.querySelector(".board-hours"), columns = [...board.querySelectorAll("[data-day]")];
  const announce = (text) => document.dispatchEvent(new CustomEvent("announce", { detail: { text } }));
  const withPlace = (address, mark) => (board.dataset.place ? `${address}${mark}${board.dataset.place}` : address);

  // After a step: the same part of the page, and the item that was moved.
  const takeKept = () => { const kept = sessionStorage.getItem("board"); sessionStorage.removeItem("board"); return kept ? JSON.parse(kept) : null; };
  const kept = takeKept();
  if (kept) {
    scrollBy(0, board.getBoundingClientRect().top - kept.top);
    board.scrollLeft = kept.across;
    const item = board.querySelector(`[data-lane="${kept.lane}"] [data-move="${CSS.escape(kept.item)}"] a`) || board.querySelector(`[data-move="${CSS.escape(kept.item)}"] a`);
    if (item) item.focus({ preventScroll: true });
    const said = document.querySelector("[data-toast] p");
    if (said) setTimeout(() => announce(said.textContent), 100);  // a region that speaks must be there before its words
  }
  else {  // what one works on today may lie to the right
    const today = columns.find((column) => column.dataset.day === board.dataset.current), box = today && today.getBoundingClientRect();
    if (box && box.right > board.getBoundingClientRect().right) board.scrollLeft = today.offsetLeft - hours.offsetWidth;
  }
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });  // going back: the board as it is now

  const send = (address, fields) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = address;
    [...fields, ["csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value]].forEach(([name, value]) => {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    });
    document.body.append(form);
    form.submit();
  };

  // What is dragged, `drag`, and where it would come, `to`: a column, and begin and end in minutes of the day.
  let drag = null, swallow = false;
  const staysInLane = (item) => board.dataset.view === "venue" || (board.dataset.view === "group" && !item.dataset.groups);
  const take = (item, how) => {
    const start = minutesOf(item.dataset.start), end = minutesOf(item.dataset.end) || DAY, column = item.closest("[data-day]");
    if (end <= start) return;  // goes on past midnight: its form knows how
    const copies = [...board.querySelectorAll(`[data-move="${CSS.escape(item.dataset.move)}"]`)].filter((copy) => copy !== item);
    const label = Object.assign(document.createElement("span"), { className: "drag-label" });
    drag = { item, copies, label, column, start, end, height: item.getBoundingClientRect().height, fixed: staysInLane(item), ...how };
  };
  const lift = () => { drag.item.classList.add("is-dragged"); drag.item.append(drag.label); };
  const finish = () => {
    [drag.item, ...drag.copies].forEach((item) => { item.style.transform = ""; item.style.height = ""; });
    drag.item.classList.remove("is-dragged");
    columns.forEach((column) => column.classList.remove("is-target"));
    drag.label.remove();
    drag = null;
  };
  const changesLane = (to) => to.column !== drag.column && Boolean(drag.column.dataset.lane);
  const words = (to) => {
    const when = `${clock(to.start)}—${clock(to.end % DAY)}`;
    return changesLane(to) ? `${drag.column.dataset.name} → ${to.column.dataset.name} ${when}` : when;
  };
  const show = (to) => {
    const down = (to.start - drag.start) / STEP * QUARTER, longer = (to.end - to.start - drag.end + drag.start) / STEP * QUARTER;
    const across = to.column.getBoundingClientRect().left - drag.column.getBoundingClientRect().left;
    drag.item.style.transform = `translate(${across}px,${down}px)`;
    drag.copies.forEach((copy) => { copy.style.transform = `translate(0,${down}px)`; });
    if (longer || drag.item.style.height) [drag.item, ...drag.copies].forEach((item) => { item.style.height = `${drag.height + longer}px`; });
    columns.forEach((column) => column.classList.toggle("is-target", column === to.column && !drag.fixed));
    drag.label.textContent = words(to);
  };
  const groupsAfter = (to) => {
    if (!changesLane(to)) return [];
    const { lane } = drag.column.dataset;
    return [...new Set(drag.item.dataset.groups.split(" ").map((key) => (key === lane ? to.column.dataset.lane : key)))];
  };
  const keep = (to) => {
    const { item } = drag, times = [["day", to.column.dataset.day], ["starts", clock(to.start)], ["ends", clock(to.end % DAY)], ["seen", item.dataset.seen]];
    const groups = groupsAfter(to).map((key) => ["groups", key]);
    sessionStorage.setItem("board", JSON.stringify({ top: board.getBoundingClientRect().top, across: board.scrollLeft, item: item.dataset.move, lane: to.column.dataset.lane || "" }));
    drag = null;  // it stays where it was put until the answer is there
    send(withPlace(item.dataset.move, "?"), [...times, ...groups]);
  };
  const isMoved = (to) => to.column !== drag.column || to.start !== drag.start || to.end !== drag.end;

  // With the mouse.
  const plan = () => {
    const quarters = Math.round((drag.pointer.clientY + scrollY - drag.y) / QUARTER) * STEP, { column, start, end } = drag;
    if (drag.stretches) return { column, start, end: Math.min(Math.max(end + quarters, start + STEP), DAY) };
    const frame = board.getBoundingClientRect(), left = frame.left + hours.offsetWidth, right = Math.min(frame.right, columns[columns.length - 1].getBoundingClientRect().right);
    const across = Math.min(Math.max(drag.pointer.clientX, left + 2), right - 2);  // beside the board counts as its edge
    const under = drag.fixed ? null : columns.find((day) => {
      const box = day.getBoundingClientRect();
      return across >= box.left && across < box.right;
    });
    const length = end - start, begin = Math.min(Math.max(start + quarters, firstMinute), DAY - length);
    return { column: under || column, start: begin, end: begin + length };
  };
  const scrollAlong = ({ clientX, clientY }) => {
    const box = board.getBoundingClientRect();
    const pace = (place, from, low, high) => (place > high - NEAR && place > from + NEAR ? PACE : place < low + NEAR && place < from - NEAR ? -PACE : 0);
    scrollBy(0, pace(clientY, drag.from.y, 56, innerHeight));  // 56: the bar at the top
    if (!drag.fixed && !drag.stretches) board.scrollLeft += pace(clientX, drag.from.x, box.left, box.right);
  };
  const follow = () => {
    if (!drag || !drag.isLifted) return;
    scrollAlong(drag.pointer);
    show(plan());
    requestAnimationFrame(follow);
  };
  board.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("[data-move]");
    swallow = false;
    if (!item || drag || event.pointerType !== "mouse" || event.button !== 0) return;
    const stretches = item.getBoundingClientRect().bottom - event.clientY < EDGE;
    take(item, { pointer: event, from: { x: event.clientX, y: event.clientY }, y: event.clientY + scrollY, stretches });
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || drag.to) return;
    if (!(event.buttons & 1)) { finish(); return; }  // let go outside the window
    drag.pointer = event;
    if (drag.isLifted || Math.hypot(event.clientX - drag.from.x, event.clientY + scrollY - drag.y) < THRESHOLD) return;
    drag.isLifted = true;
    lift();
    follow();
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag || drag.to) return;
    drag.pointer = event;
    swallow = Boolean(drag.isLifted);
    const to = plan();
    if (drag.isLifted && isMoved(to)) { show(to); keep(to); } else finish();
  });
  document.addEventListener("pointercancel", () => { if (drag) finish(); });
  document.addEventListener("click", (event) => {  // the one that ends a drag opens nothing
    if (swallow) { event.preventDefault(); event.stopPropagation(); }
    swallow = false;
  }, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (!drag || event.key !== "Escape") return;
    swallow = !drag.to;
    finish();
  });
  board.addEventListener("dragstart", (event) => event.preventDefault());  // links would be dragged as links

  // With the keyboard.
  const say = (to) => announce(changesLane(to) ? words(to) : `${to.column.getAttribute("aria-label").trim()} ${words(to)}`);
  const takeByKey = (item) => {
    take(item, {});
    if (!drag) return;
    drag.to = { column: drag.column, start: drag.start, end: drag.end };
    lift();
    show(drag.to);
    say(drag.to);
  };
  const step = (event) => {
    const { to } = drag, length = to.end - to.start, sign = { ArrowUp: -STEP, ArrowDown: STEP }[event.key];
    const next = columns[columns.indexOf(to.column) + { ArrowLeft: -1, ArrowRight: 1 }[event.key]];
    if (sign && event.shiftKey) to.end = Math.min(Math.max(to.end + sign, to.start + STEP), DAY);
    else if (sign) { to.start = Math.min(Math.max(to.start + sign, firstMinute), DAY - length); to.end = to.start + length; }
    else if (next && !drag.fixed) to.column = next;
    show(to);
    drag.item.scrollIntoView({ block: "nearest", inline: "nearest" });
    say(to);
  };
  board.addEventListener("keydown", (event) => {
    const item = event.target.closest("[data-move]");
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!drag && event.key.toLowerCase() === "m") { event.preventDefault(); takeByKey(item); return; }
    if (!drag || !drag.to) return;
    if (event.key === "Enter") { event.preventDefault(); if (isMoved(drag.to)) keep(drag.to); else finish(); }
    else if (event.key.startsWith("Arrow")) { event.preventDefault(); step(event); }
  });
  board.addEventListener("focusout", () => { if (drag && drag.to) finish(); });

  board.addEventListener("click", (event) => {
    const day = event.target.closest("[data-day]");
    if (!day || event.target.closest("a")) return;
    const offset = event.clientY - day.getBoundingClientRect().top;
    const start = firstMinute + Math.floor(offset / (2 * QUARTER)) * 30;
    const end = Math.min(start + 60, DAY - 1), lane = day.dataset.lane ? `&for=${day.dataset.lane}` : "";
    location.assign(withPlace(`${board.dataset.board}?day=${day.dataset.day}&start=${clock(start)}&end=${clock(end)}${lane}`, "&"));
  });
})();
