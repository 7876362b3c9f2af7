// Review queue: the row whose person stands at the right is marked at once, while htmx fetches the panel.
(() => {
  "use strict";
  const mark = (link) => {
    document.querySelectorAll("[data-panel-link]").forEach((other) => other.closest("tr").classList.toggle("is-current", other === link));
    document.getElementById("review").classList.add("is-chosen");
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-panel-link]");
    if (link && !event.ctrlKey && !event.metaKey) mark(link);
  });
})();
