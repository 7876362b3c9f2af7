// The participant's page without network: hands this page to its worker, and in the kept copy marks what is over and what goes on.
(() => {
  "use strict";
  const holder = document.querySelector("[data-offline-worker]");
  if (holder && "serviceWorker" in navigator) {
    navigator.serviceWorker.register(holder.dataset.offlineWorker)
      .then(() => navigator.serviceWorker.ready)
      .then((registration) => registration.active.postMessage({ keep: window.location.search }))
      .catch((problem) => console.info("No copy for times without network:", problem.message));
  }
  const mark = () => document.querySelectorAll("[data-offline-days] .daylist > li:not(.is-off)").forEach((line) => {
    const [begins, ends] = [line.dataset.begins, line.dataset.ends].map(Date.parse);
    line.classList.toggle("is-past", ends <= Date.now());
    line.classList.toggle("is-now", begins <= Date.now() && Date.now() < ends);
  });
  if (document.querySelector("[data-offline-days]")) { mark(); window.setInterval(mark, 60000); }
})();
