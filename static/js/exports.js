// A file that was just made starts by itself, once: the address forgets it, so that a reload or "back" fetches nothing again.
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const link = document.querySelector("[data-fetch-once]");
    if (!link) return;
    history.replaceState(null, "", location.pathname);
    link.click();
  });
})();
