// Marks made at check-in: kept on the device until the server has answered each of them, whatever happens to the network or the page.
// Stored are ids or codes, states, times and a name for each mark; no name, number or anything else of a person.
(() => {
  "use strict";
  const box = document.querySelector("[data-queue]");
  if (!box) return;
  const PREFIX = "check-in:", PART = 100, PAUSE = 10000;
  const words = box.querySelector("[data-queue-words]"), list = box.querySelector("[data-queue-problems]");
  const sendButton = box.querySelector("[data-queue-send]"), loginLink = box.querySelector("[data-queue-login]");
  const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  const names = new Map(), inFlight = new Set(), listeners = [];
  let state = "idle", busy = false, again = false, last = 0, timer = 0;

  const word = (name, value = "") => {
    const found = box.querySelector(`template[data-word="${name}"]`);
    return found ? found.content.textContent.replace("{0}", value) : "";
  };
  const entries = () => {
    const found = [];
    for (let index = 0; index < localStorage.length; index += 1) {
      const key = localStorage.key(index);
      if (!key.startsWith(PREFIX)) continue;
      try { found.push(JSON.parse(localStorage.getItem(key))); } catch { localStorage.removeItem(key); }
    }
    return found.filter((mark) => mark && mark.owner === box.dataset.owner).sort((one, other) => (one.at < other.at ? -1 : 1));
  };
  const waiting = () => entries().filter((mark) => !mark.problem);
  const keep = (mark) => localStorage.setItem(PREFIX + mark.client_id, JSON.stringify(mark));
  const drop = (id) => localStorage.removeItem(PREFIX + id);
  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64; bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };
  const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit", timeZone: "Asia/Shanghai" });

  const problemLine = (mark) => {
    const line = document.createElement("li"), text = document.createElement("span");
    const who = names.get(mark.registration) || mark.code || `#${mark.registration}`;
    text.textContent = `${who} · ${word(`state-${mark.state}`)} · ${clock(mark.at)} — ${mark.problem}`;
    const open = Object.assign(document.createElement("a"), { className: "btn btn-text btn-sm", href: `${box.dataset.list}${mark.item}/#r${mark.registration || ""}`, textContent: word("open") });
    const seen = Object.assign(document.createElement("button"), { className: "btn btn-text btn-sm", type: "button", textContent: word("seen") });
    seen.addEventListener("click", () => { drop(mark.client_id); show(); });
    line.append(text, open, seen);
    return line;
  };
  const show = () => {
    const number = waiting().length, problems = entries().filter((mark) => mark.problem);
    const kind = number ? (navigator.onLine === false ? "offline" : state === "idle" ? "waiting" : state) : problems.length ? "problems" : "all";
    box.dataset.kind = kind;
    box.dataset.waiting = number;
    box.hidden = kind === "all" && state === "idle" && !box.dataset.used;
    words.textContent = word(kind, number);
    sendButton.hidden = !number || kind === "signin";
    loginLink.hidden = kind !== "signin";
    list.hidden = !problems.length;
    list.replaceChildren(...problems.map(problemLine));
  };

  const settle = (mark, answer) => {
    if (answer.registration) names.set(answer.registration, answer.person_name);
    const because = answer.outcome === "kept" ? word("kept", `${word(`state-${answer.state}`)} ${answer.recorded_by} ${answer.recorded_at ? clock(answer.recorded_at) : ""}`) : answer.message;
    if (answer.outcome === "kept" || answer.outcome === "refused") keep({ ...mark, registration: answer.registration || mark.registration, problem: because });
    else drop(mark.client_id);
    listeners.forEach((listen) => listen(mark, answer, because));
  };
  const post = (marks) => fetch(box.dataset.url, {
    method: "POST", credentials: "same-origin", redirect: "manual",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ sent_at: new Date().toISOString(), marks: marks.map(({ client_id, item, state: wanted, at, code, registration, is_explicit }) => ({ client_id, item, state: wanted, at, is_explicit, ...(code ? { code } : { registration }) })) }),
  });
  const sendPart = async (marks) => {
    const answer = await post(marks);
    if (answer.ok) {
      const { results } = await answer.json();
      results.forEach((result, index) => settle(marks[index], result));
    } else if (answer.status === 400 && marks.length > 1) {
      for (const mark of marks) await sendPart([mark]);  // one bad mark does not hold up the others
    } else if (answer.status === 400) {
      keep({ ...marks[0], problem: word("invalid") });
    } else {
      throw new Error(answer.status === 401 || answer.status === 403 || answer.status === 0 ? "signin" : "failed");
    }
  };
  const flush = async () => {
    if (busy) { again = true; return; }
    busy = true;
    clearTimeout(timer);
    try {
      for (let marks = waiting().slice(0, PART); marks.length; marks = waiting().slice(0, PART)) {
        marks.forEach((mark) => inFlight.add(mark.client_id));
        await sendPart(marks);
        inFlight.clear();
      }
      state = "idle";
    } catch (problem) {
      state = problem.message === "signin" ? "signin" : "failed";
    }
    inFlight.clear();
    busy = false;
    show();
    if (again) { again = false; flush(); } else if (waiting().length) timer = setTimeout(flush, PAUSE);
  };

  window.checkInQueue = {
    word,
    clock,
    // Keep a mark and send it when possible; returns it with its name and time.
    add(mark) {
      last = Math.max(Date.now(), last + 1);
      const whole = { ...mark, client_id: newId(), at: new Date(last).toISOString(), owner: box.dataset.owner };
      keep(whole);
      box.dataset.used = "true";
      show();
      flush();
      return whole;
    },
    // Take a mark back that has not left the device; false when it is too late for that.
    cancel(id) {
      if (inFlight.has(id) || !localStorage.getItem(PREFIX + id)) return false;
      drop(id);
      show();
      return true;
    },
    remember(id, name) { names.set(id, name); },
    waiting,
    onAnswer(listen) { listeners.push(listen); },
  };

  sendButton.addEventListener("click", flush);
  window.addEventListener("online", flush);
  window.addEventListener("offline", show);
  window.addEventListener("storage", show);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && waiting().length) flush(); });
  show();
  if (waiting().length) flush();
})();
