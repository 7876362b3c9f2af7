// The roster as a table: a row is saved on leaving a cell; Enter and the arrows move; known people are offered; rows pasted into a cell go to the preview.
(() => {
  "use strict";
  const table = document.querySelector("[data-inline]");
  if (!table) return;
  document.documentElement.classList.add("has-script");
  const status = document.querySelector("[data-inline-status]");
  const waiting = new Map();

  const show = (line, errors) => {
    line.querySelectorAll("[data-error]").forEach((note) => {
      const words = errors[note.dataset.error];
      const field = line.querySelector(`[data-cell="${note.dataset.error}"]`);
      note.textContent = words || "";
      note.hidden = !words;
      if (field) field.setAttribute("aria-invalid", words ? "true" : "false");
    });
  };

  // What others wrote into this row meanwhile is shown; a cell in which one types stays. After a conflict only that cell's earlier text is forgotten.
  const take = (line, found, sent) => {
    const memory = line.querySelector("[data-seen]");
    const seen = JSON.parse(memory.value);
    Object.entries(found.cells || {}).forEach(([name, now]) => {
      const field = line.querySelector(`[data-cell="${name}"]`);
      if (!found.saved && !(name in found.errors)) return;
      seen[name] = now;
      if (!found.saved) return;
      if (field.hasAttribute("placeholder") && now) field.placeholder = now;
      else if (field.value === sent.get(field.name)) field.value = now;
      field.defaultValue = field.value;
    });
    memory.value = JSON.stringify(seen);
  };

  const save = async (line) => {
    const form = line.querySelector("form");
    const mark = line.querySelector("[data-saved]");
    const sent = new FormData(form);
    mark.textContent = "…";
    try {
      const answer = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "application/json" }, redirect: "error" });
      const found = await answer.json();
      show(line, found.errors || {});
      mark.textContent = found.word || "";
      status.textContent = found.word || Object.values(found.errors || {}).join(" ");
      take(line, found, sent);
      line.querySelector("[data-save]").classList.toggle("is-needed", !found.saved);
    } catch {
      mark.textContent = "";
      line.querySelector("[data-save]").classList.add("is-needed"); // no network, or signed out: the button sends the row as a page
    }
  };

  // One request per row at a time; what was changed meanwhile is sent after it.
  const queue = (line) => {
    const before = waiting.get(line) || Promise.resolve();
    waiting.set(line, before.then(() => save(line)));
  };

  table.addEventListener("change", (event) => {
    const line = event.target.closest("[data-line]");
    if (line && !("new" in line.dataset)) queue(line);
  });

  const move = (field, step) => {
    const lines = [...table.querySelectorAll("[data-line]")];
    const next = lines[lines.indexOf(field.closest("[data-line]")) + step];
    const target = next && next.querySelector(`[data-cell="${field.dataset.cell}"]`);
    if (!target) return false;
    target.focus();
    if (target.select) target.select();
    return true;
  };

  table.addEventListener("keydown", (event) => {
    const field = event.target.closest("[data-cell]");
    if (!field || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const isNew = "new" in field.closest("[data-line]").dataset;
    if (event.key === "Enter" && !isNew) {
      event.preventDefault();
      move(field, event.shiftKey ? -1 : 1);
    } else if (field.tagName === "INPUT" && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      if (move(field, event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    } else if (event.key === "Escape" && field.tagName === "INPUT") {
      field.value = field.defaultValue;
    }
  });

  // Left and right leave a cell where its text ends, as in a spreadsheet.
  const across = (field, step) => {
    const cells = [...field.closest("[data-line]").querySelectorAll("[data-cell]")];
    const target = cells[cells.indexOf(field) + step];
    if (!target) return false;
    target.focus();
    if (target.select) target.select();
    return true;
  };
  table.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!["ArrowLeft", "ArrowRight"].includes(event.key) || field.tagName !== "INPUT" || event.isComposing) return;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const isAll = field.selectionStart === 0 && field.selectionEnd === field.value.length;
    const isEnd = event.key === "ArrowLeft" ? field.selectionEnd === 0 : field.selectionStart === field.value.length;
    if ((isAll || isEnd) && across(field, event.key === "ArrowLeft" ? -1 : 1)) event.preventDefault();
  });

  // A name that only one known person has is that person, and the row says so; of several the page asks.
  const name = table.querySelector("[data-known-name]");
  const recognise = () => {
    const found = [...document.querySelectorAll("#known-people option")].filter((option) => option.value === name.value.trim());
    const known = found.length === 1 ? found[0] : null;
    const note = table.querySelector("[data-known-note]");
    table.querySelector("[data-known]").value = known ? known.dataset.person : "";
    note.textContent = known ? note.dataset.words.replace("{note}", known.label) : "";
    note.hidden = !known;
  };
  if (name) name.addEventListener("input", recognise);

  // A refused row goes on at its first mistake. (Once the browser has gone to the fragment of the address, which takes the caret along.)
  const refused = table.querySelector("[data-new] .inline-error");
  if (refused) addEventListener("load", () => setTimeout(() => refused.closest("td").querySelector("[data-cell], button").focus()));

  // Several cells from a spreadsheet cannot go into one: they are read as rows.
  table.addEventListener("paste", (event) => {
    const text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
    const form = document.querySelector("[data-paste-form]");
    if (!form || !/\t|\n\S/.test(text.trim())) return;
    event.preventDefault();
    const field = form.querySelector("[data-paste]");
    field.value = text;
    form.scrollIntoView({ block: "center" });
    field.focus();
  });
})();
