// The preview of an import: F8 opens the next problem, Esc closes, the ID number is counted while it is typed.
(() => {
  "use strict";
  let isAsking = false, wanted = "";  // a key that is pressed while an answer is awaited is heeded after it
  const follow = (selector) => {
    const link = document.querySelector(selector);
    if (isAsking) wanted = selector;
    else if (link) link.click();
    return Boolean(link);
  };
  const answered = () => {
    isAsking = false;
    if (wanted) follow(wanted);
    wanted = "";
  };
  document.addEventListener("htmx:beforeSend", () => { isAsking = true; });
  ["htmx:sendError", "htmx:timeout", "htmx:responseError", "htmx:sendAbort"].forEach((name) => document.addEventListener(name, answered));
  document.addEventListener("keydown", (event) => {
    if (event.key === "F8" && follow("[data-import-next]")) { event.preventDefault(); event.stopImmediatePropagation(); }
    if (event.key === "Escape" && follow("[data-import-close]")) event.stopImmediatePropagation();
  }, true);

  const count = () => {
    const field = document.querySelector("[data-import-count]");
    const counter = document.querySelector("[data-import-counter]");
    if (field && counter) counter.textContent = counter.dataset.words.replace("{n}", [...field.value.replace(/\s/g, "")].length);
  };
  document.addEventListener("input", (event) => { if (event.target.matches("[data-import-count]")) count(); });

  // An opened cell is brought into sight, and its text is ready to be typed over.
  const settle = () => {
    count();
    const field = document.getElementById("editor-value");
    if (!field) return;
    field.closest(".cell-editor").scrollIntoView({ block: "nearest", inline: "nearest" });
    field.focus({ preventScroll: true });
    field.setSelectionRange(field.value.length, field.value.length);
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    settle();
    if (event.target.id === "import") answered();
  });
  settle();

  // A chosen or dropped file is sent at once; the button stays for those without a script, and says what goes on.
  document.addEventListener("change", (event) => {
    const form = event.target.type === "file" && event.target.closest("[data-import-upload]");
    if (form && event.target.files.length && !form.querySelector("select")) form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-import-upload]")) return;
    event.target.classList.add("import-upload-waiting");
    const button = event.target.querySelector("button[type=submit]");
    button.textContent = event.target.dataset.waiting;
  });
})();
