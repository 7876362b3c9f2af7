// Clicking on a free place of the day board opens the form with that day and time; links and forms do the same without this script.
(() => {
  "use strict";
  const board = document.querySelector("[data-board]");
  if (!board) return;
  const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  board.addEventListener("click", (event) => {
    const day = event.target.closest("[data-day]");
    if (!day || event.target.closest("a")) return;
    const offset = event.clientY - day.getBoundingClientRect().top;
    const start = Number(board.dataset.firstHour) * 60 + Math.floor(offset / 23) * 30;
    const end = Math.min(start + 60, 23 * 60 + 59);
    location.assign(`${board.dataset.board}?day=${day.dataset.day}&start=${clock(start)}&end=${clock(end)}`);
  });
})();
