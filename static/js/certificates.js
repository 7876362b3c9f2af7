/* Wording of papers: a click on a field puts it where the cursor was last. */
(() => {
  const phrases = document.querySelectorAll("[data-phrase]");
  let last = document.querySelector("textarea[data-phrase]");
  phrases.forEach((phrase) => phrase.addEventListener("focus", () => { last = phrase; }));
  document.querySelectorAll("[data-insert]").forEach((button) => button.addEventListener("click", () => {
    if (!last) return;
    const name = last.name.endsWith("_en") ? button.dataset.insertEn : button.dataset.insert;
    last.setRangeText(`{${name}}`, last.selectionStart, last.selectionEnd, "end");
    last.focus();
  }));
})();
