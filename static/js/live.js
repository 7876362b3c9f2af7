// Figures that others change: the parts marked data-live are read again when one comes back to the page, and every twenty seconds while it is looked at.
(() => {
  "use strict";
  const PAUSE = 20000;
  let isBusy = false;
  let last = Date.now();

  // Where somebody types, or has a menu open, nothing is changed under the hand.
  const isInUse = (part) =>
    part.contains(document.activeElement) || part.querySelector("details[open]") || [...part.querySelectorAll("input")].some((field) => field.value !== field.defaultValue);

  const show = (page) => {
    document.querySelectorAll("[data-live]").forEach((part) => {
      const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
      if (fresh && !isInUse(part)) part.replaceChildren(...fresh.childNodes);
    });
  };

  const refresh = async () => {
    if (isBusy || document.hidden || Date.now() - last < 2000) return;
    isBusy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok && !answer.redirected) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // No network: the figures stay as they are, and the next time asks again.
    }
    isBusy = false;
    last = Date.now();
  };

  addEventListener("focus", refresh);
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, PAUSE);
})();
