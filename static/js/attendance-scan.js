// The scan page: camera, finding people by hand, a large answer, undo. Marks go through checkInQueue.
(() => {
  "use strict";
  const root = document.querySelector("[data-scan]"), queue = window.checkInQueue;
  if (!root || !queue) return;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const people = read("scan-people"), words = read("scan-words"), item = Number(root.dataset.item);
  const byCode = new Map(people.map((person) => [person.code, person])), byId = new Map(people.map((person) => [person.id, person]));
  const $ = (name) => root.querySelector(`[data-${name}]`);
  const fill = (text, value) => text.replace("{0}", value);
  const CODE = /^QD[0-9]{1,18}-[A-Z2-7]{10}$/, SAME_CODE_PAUSE = 4000, MOST_HITS = 8, MOST_LINES = 12;
  people.forEach((person) => queue.remember(person.id, person.name));
  queue.waiting().filter((mark) => mark.item === item && byId.has(mark.registration)).forEach(({ registration, state, at }) => {
    Object.assign(byId.get(registration), state === "undo" ? { state: "", at: "" } : { state, at: queue.clock(at) });  // made before the page was opened
  });
  queue.show();

  // Sound and touch ---------------------------------------------------------------------------------------------------
  let audio = null;
  const wake = () => { if (!audio && window.AudioContext) audio = new AudioContext(); if (audio) audio.resume(); };
  const beep = (isGood) => {
    if (navigator.vibrate) navigator.vibrate(isGood ? 60 : [80, 60, 80]);
    if (!audio) return;
    const tone = audio.createOscillator(), gain = audio.createGain();
    tone.frequency.value = isGood ? 880 : 240;
    gain.gain.setValueAtTime(0.25, audio.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + (isGood ? 0.18 : 0.45));
    tone.connect(gain).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.5);
  };
  document.addEventListener("pointerdown", wake, { once: true });

  // The answer --------------------------------------------------------------------------------------------------------
  let shown = null;  // the person and mark on the card
  const card = $("scan-card"), reasonForm = card.querySelector("[data-card-reason]");
  const tell = (kind, { state, name, unit = "", note = "" }, canChange = false) => {
    card.dataset.kind = kind;
    card.querySelector("[data-card-state]").textContent = state;
    card.querySelector("[data-card-name]").textContent = name;
    card.querySelector("[data-card-unit]").textContent = unit;
    card.querySelector("[data-card-note]").textContent = note;
    card.querySelector("[data-card-actions]").hidden = !canChange;
    reasonForm.hidden = !canChange || !["late", "leave"].includes(kind);
    reasonForm.reset();
  };
  const countDone = () => { $("scan-done").textContent = people.filter((person) => person.state).length; };
  const unitOf = (person) => [person.unit, person.group].filter(Boolean).join(" · ");
  const log = (person, state, id) => {
    const line = document.createElement("li"), name = document.createElement("b"), meta = document.createElement("span");
    name.textContent = person.name;
    meta.textContent = `${queue.word(`state-${state}`)} ${queue.clock(Date.now())} · ${words.waiting}`;
    meta.className = "meta";
    line.dataset.mark = id;
    line.append(name, meta);
    $("scan-log").prepend(line);
    while ($("scan-log").children.length > MOST_LINES) $("scan-log").lastElementChild.remove();
  };

  const note = (person, state, isExplicit, reason = null) => {
    const before = { state: person.state, at: person.at };
    const mark = queue.add({ item, registration: person.id, state, is_explicit: isExplicit, reason });
    person.state = state === "undo" ? "" : state;
    person.at = queue.clock(mark.at);
    shown = { person, id: mark.client_id, before };
    tell(state, { state: queue.word(`state-${state}`), name: person.name, unit: unitOf(person), note: [reason, person.at, words.waiting].filter(Boolean).join(" · ") }, state !== "undo");
    reasonForm.elements.reason.value = reason || "";
    log(person, state, mark.client_id);
    countDone();
    beep(true);
  };
  const again = (person) => {
    shown = { person, id: "", before: null };
    tell("again", { state: queue.word(`state-${person.state}`), name: person.name, unit: unitOf(person), note: fill(words.again, person.at) }, true);
    beep(false);
  };
  const undo = () => {
    const { person, id, before } = shown;
    if (!id || !queue.cancel(id)) { note(person, "undo", true); return; }
    Object.assign(person, before);
    tell("undo", { state: queue.word("state-undo"), name: person.name, unit: unitOf(person) });
    const line = root.querySelector(`[data-mark="${id}"]`);
    if (line) line.remove();
    countDone();
  };
  card.addEventListener("click", (event) => {
    const button = event.target.closest("[data-card-as]");
    if (!button || !shown) return;
    if (button.dataset.cardAs === "undo") undo(); else note(shown.person, button.dataset.cardAs, true);
  });

  reasonForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const reason = reasonForm.elements.reason.value.trim();
    if (shown && reason) note(shown.person, shown.person.state, true, reason);
  });

  queue.onAnswer((mark, answer, because) => {
    if (mark.item !== item) return;
    const person = byId.get(answer.registration), isBad = answer.outcome === "kept" || answer.outcome === "refused";
    const line = root.querySelector(`[data-mark="${mark.client_id}"] .meta`);
    if (line) line.textContent = `${queue.word(`state-${answer.state}`)} ${queue.clock(mark.at)} · ${isBad ? because : words.sent}`;
    if (person) { person.state = answer.state; person.at = answer.recorded_at ? queue.clock(answer.recorded_at) : ""; }
    countDone();
    if (!shown || shown.id !== mark.client_id) return;
    if (isBad) { tell("problem", { state: queue.word(`state-${answer.state}`), name: answer.person_name || mark.code || "", unit: answer.unit, note: because }); beep(false); }
    else if (mark.code) { shown.person = person || { id: answer.registration, name: answer.person_name, unit: answer.unit, group: "" }; tell(mark.state, { state: queue.word(`state-${answer.state}`), name: answer.person_name, unit: answer.unit, note: words.sent }); }
    else card.querySelector("[data-card-note]").textContent = `${queue.clock(mark.at)} · ${words.sent}`;
  });

  // What the camera or a scanner reads ----------------------------------------------------------------------------------
  let seen = { text: "", at: 0 };
  const chosen = () => root.querySelector("input[name=as]:checked").value;
  const take = (raw) => {
    const text = raw.trim().toUpperCase();
    if (text === seen.text && Date.now() - seen.at < SAME_CODE_PAUSE) { seen.at = Date.now(); return; }
    seen = { text, at: Date.now() };
    if (!CODE.test(text)) { tell("problem", { state: "", name: words.notCode }); beep(false); return; }
    const person = byCode.get(text), state = chosen();
    if (!person) {  // somebody confirmed after this page was loaded, or a forgery: the server knows
      const mark = queue.add({ item, code: text, state, is_explicit: false });
      shown = { person: null, id: mark.client_id, before: null };
      tell("again", { state: words.waiting, name: text, note: words.unknown });
      beep(false);
    } else if (person.state === "present" || person.state === "late") again(person);
    else note(person, state, false);
  };

  window.qrCamera(root, words, take, wake);

  // By hand -------------------------------------------------------------------------------------------------------------
  const field = document.getElementById("scan-q"), hits = $("scan-hits");
  const matching = (raw) => {
    const text = raw.replace(/\s+/g, "").toLowerCase();
    if (!text) return [];
    if (/^[0-9]{4}$/.test(text)) return people.filter((person) => person.digits === text);
    return people.filter((person) => person.name.toLowerCase().includes(text) || person.latin.some((latin) => latin.startsWith(text)));
  };
  const hit = (person) => {
    const line = document.createElement("li"), button = document.createElement("button"), name = document.createElement("b"), meta = document.createElement("span");
    button.type = "button";
    button.className = "scan-hit";
    button.dataset.person = person.id;
    name.textContent = person.name;
    meta.className = "meta";
    meta.textContent = [unitOf(person), person.state ? `${queue.word(`state-${person.state}`)} ${person.at}` : ""].filter(Boolean).join(" · ");
    button.append(name, meta);
    line.append(button);
    return line;
  };
  const plain = (text) => Object.assign(document.createElement("li"), { className: "scan-none meta", textContent: text });
  const search = () => {
    const found = matching(field.value), lines = found.slice(0, MOST_HITS).map(hit);
    if (field.value.trim() && !found.length && !field.value.toUpperCase().startsWith("QD")) lines.push(plain(words.nobody));
    if (found.length > MOST_HITS) lines.push(plain(words.more));
    hits.replaceChildren(...lines);
    return found;
  };
  const choose = (person) => {
    field.value = "";
    search();
    field.focus();
    if (person.state === chosen()) again(person); else note(person, chosen(), true);
  };
  field.addEventListener("input", search);
  hits.addEventListener("click", (event) => {
    const button = event.target.closest("[data-person]");
    if (button) choose(byId.get(Number(button.dataset.person)));
  });
  $("scan-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (/^QD/i.test(field.value.trim())) { take(field.value); field.value = ""; return; }  // a scanner that types
    const found = search();
    if (found.length === 1) choose(found[0]);
  });
  countDone();
})();
