// Marks made at check-in: kept on the device until the server has answered each of them, whatever happens to the network or the page.
// Stored are ids or codes, states, reasons, times and a name for each mark; the name of a person only with a mark that was not taken.
(() => {
  "use strict";
  const box = document.querySelector("[data-queue]");
  if (!box) return;
  const PREFIX = "check-in:", PART = 100, PAUSE = 10000, MOST_LINES = 50;
  const $ = (name) => box.querySelector(`[data-queue-${name}]`);
  const names = new Map(), inFlight = new Set(), listeners = [];
  let token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  let state = "idle", busy = false, again = false, last = 0, timer = 0;

  const word = (name, ...values) => {
    const found = box.querySelector(`template[data-word="${name}"]`);
    return found ? found.content.textContent.replace(/\{(\d)\}/g, (_match, index) => values[index]) : "";
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
  const ZONE = "Asia/Shanghai";
  const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit", timeZone: ZONE });
  const dayOf = (at) => new Date(at).toLocaleDateString(document.documentElement.lang, { month: "long", day: "numeric", timeZone: ZONE });
  const moment = (at) => (dayOf(at) === dayOf(Date.now()) ? clock(at) : `${dayOf(at)} ${clock(at)}`);

  // What is shown -------------------------------------------------------------------------------------------------------
  const whoOf = (mark) => mark.who || names.get(mark.registration) || mark.code || `#${mark.registration}`;
  const textOf = (mark) => {
    const said = [whoOf(mark), [word(`state-${mark.state}`), mark.reason].filter(Boolean).join(" "), moment(mark.at)].join(" · ");
    return mark.problem ? `${said} — ${mark.problem}` : said;
  };
  const lineOf = (said, times = 1) => {
    const line = document.createElement("li"), text = document.createElement("span");
    text.textContent = times > 1 ? `${said} × ${times}` : said;
    line.append(text);
    return line;
  };
  const waitingLines = (marks) => {  // one tap on a half-day makes several marks that read the same
    const counts = new Map();
    marks.map(textOf).forEach((said) => counts.set(said, (counts.get(said) || 0) + 1));
    return [...counts].slice(0, MOST_LINES).map(([said, times]) => lineOf(said, times));
  };
  const problemLine = (mark) => {
    const line = lineOf(textOf(mark));
    const open = Object.assign(document.createElement("a"), { className: "btn btn-text btn-sm", href: `${box.dataset.list}${mark.item}/#r${mark.registration || ""}`, textContent: word("open") });
    const seen = Object.assign(document.createElement("button"), { className: "btn btn-text btn-sm", type: "button", textContent: word("seen") });
    seen.addEventListener("click", () => { drop(mark.client_id); show(); });
    line.append(open, seen);
    return line;
  };
  const show = () => {
    const marks = waiting(), number = marks.length, problems = entries().filter((mark) => mark.problem), { kept } = document.body.dataset;
    const kind = number ? (navigator.onLine === false ? "offline" : state === "idle" ? "waiting" : state) : problems.length ? "problems" : "all";
    box.dataset.kind = kind;
    box.dataset.waiting = number;
    box.hidden = kind === "all" && state === "idle" && !box.dataset.used && !kept;
    $("words").textContent = number ? word(kind, number, moment(marks[0].at)) : word(kept && kind === "all" ? "copy" : kind, kept && moment(kept));
    $("copy").hidden = !kept || kind === "all";
    $("copy").textContent = kept ? word("copy", moment(kept)) : "";
    $("send").hidden = !number || kind === "signin";
    $("login").hidden = kind !== "signin";
    $("open").hidden = !number;
    $("list").replaceChildren(...waitingLines(marks));
    $("problems").hidden = !problems.length;
    $("problems").replaceChildren(...problems.map(problemLine));
  };

  // Sending -------------------------------------------------------------------------------------------------------------
  const settle = (mark, answer) => {
    if (answer.registration) names.set(answer.registration, answer.person_name);
    const because = answer.outcome === "kept" ? word("kept", `${word(`state-${answer.state}`)} ${answer.recorded_by} ${answer.recorded_at ? moment(answer.recorded_at) : ""}`) : answer.message;
    if (answer.outcome === "kept" || answer.outcome === "refused") {
      const registration = answer.registration || mark.registration;
      keep({ ...mark, registration, problem: because, who: answer.person_name || names.get(registration) });
    } else drop(mark.client_id);
    listeners.forEach((listen) => listen(mark, answer, because));
  };
  const sent = ({ client_id, item, state: wanted, at, code, registration, is_explicit, only_open, reason }) => (
    { client_id, item, state: wanted, at, is_explicit, only_open, reason, ...(code ? { code } : { registration }) });
  const post = (marks) => fetch(box.dataset.url, {
    method: "POST", credentials: "same-origin", redirect: "manual",
    headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Language": document.documentElement.lang, "X-CSRFToken": token },
    body: JSON.stringify({ sent_at: new Date().toISOString(), marks: marks.map(sent) }),
  });
  // A new sign-in changes the token of forms: fetch it anew, and make sure that the marks are still sent by whoever made them.
  const renew = async () => {
    const answer = await fetch(box.dataset.home, { credentials: "same-origin", redirect: "manual", cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status === 403 ? "forbidden" : answer.status > 499 ? "failed" : "signin");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.querySelector("[data-queue]").dataset.owner !== box.dataset.owner) throw new Error("other");
    token = JSON.parse(page.body.getAttribute("hx-headers"))["X-CSRFToken"];
  };
  const isRefused = (answer) => [0, 401, 403].includes(answer.status);
  const sendPart = async (marks) => {
    let answer = await post(marks);
    if (isRefused(answer)) { await renew(); answer = await post(marks); }
    if (answer.ok) {
      const { results } = await answer.json();
      results.forEach((result, index) => settle(marks[index], result));
    } else if (answer.status === 400 && marks.length > 1) {
      for (const mark of marks) await sendPart([mark]);  // one bad mark does not hold up the others
    } else if (answer.status === 400) {
      keep({ ...marks[0], problem: word("invalid") });
    } else {
      throw new Error(isRefused(answer) ? "forbidden" : "failed");
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
      state = ["signin", "forbidden", "other"].includes(problem.message) ? problem.message : "failed";
    }
    inFlight.clear();
    busy = false;
    show();
    if (again) { again = false; flush(); } else if (waiting().length) timer = setTimeout(flush, PAUSE);
  };

  const addAll = (marks) => {
    const whole = marks.map((mark) => {
      last = Math.max(Date.now(), last + 1);
      return { ...mark, client_id: newId(), at: new Date(last).toISOString(), owner: box.dataset.owner };
    });
    whole.forEach(keep);
    box.dataset.used = "true";
    show();
    flush();
    return whole;
  };
  window.checkInQueue = {
    word,
    clock,
    // Keep marks and send them when possible; returns them with their names and times.
    addAll,
    add: (mark) => addAll([mark])[0],
    // Take a mark back that has not left the device; false when it is too late for that.
    cancel(id) {
      if (inFlight.has(id) || !localStorage.getItem(PREFIX + id)) return false;
      drop(id);
      show();
      return true;
    },
    remember(id, name) { names.set(id, name); },
    waiting,
    show,
    onAnswer(listen) { listeners.push(listen); },
  };

  $("send").addEventListener("click", flush);
  window.addEventListener("online", flush);
  window.addEventListener("offline", show);
  window.addEventListener("storage", show);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && waiting().length) flush(); });
  show();
  if (waiting().length) flush();

  // The worker keeps this page for times without a network; the first visit comes before it.
  if ("serviceWorker" in navigator) {
    const isFirst = !navigator.serviceWorker.controller;  // asked now: once it runs, the worker takes this page over
    navigator.serviceWorker.register(box.dataset.worker, { scope: box.dataset.scope })
      .then(() => navigator.serviceWorker.ready)
      .then((registration) => { if (isFirst) registration.active.postMessage({ keep: window.location.href }); })
      .catch((problem) => console.info("No copy for times without a network:", problem.message));
  }
})();
