// What pages ask for through data attributes; each works without this script too. The styleguide lists them all.
(() => {
  "use strict";
  const on = (type, selector, handle) => document.addEventListener(type, (event) => {
    const target = event.target.closest && event.target.closest(selector);
    if (target) handle(event, target);
  });
  const announce = (text) => { document.getElementById("live").textContent = text; };

  // Theme: at once, while the cookie is stored in the background.
  on("submit", "[data-theme-form]", (event, form) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const dark = document.documentElement.dataset.bsTheme !== "dark";
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    button.value = dark ? "dark" : "light";
    const data = new FormData(form);
    data.set("theme", button.value);
    fetch(form.action, { method: "POST", body: data, redirect: "manual" });
  });

  // Drawer: the link to #navigation opens it without a script; here it also gets focus and closes with Esc.
  const drawer = document.querySelector("[data-drawer]");
  const setDrawer = (open) => {
    if (!drawer) return;
    drawer.classList.toggle("is-open", open);
    if (open) drawer.querySelector("a").focus();
  };
  on("click", "[data-drawer-open]", (event) => { event.preventDefault(); setDrawer(true); });
  on("click", "[data-drawer-close]", (event) => { event.preventDefault(); setDrawer(false); });

  // Menus close on a click elsewhere.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      setDrawer(false);
      document.querySelectorAll("details[data-menu][open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      const field = document.querySelector('[data-shortcut="ctrl+k"]');
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    }
  });

  // Toasts: ten seconds, longer while the pointer or the focus rests on them; errors stay.
  const leave = (toast) => { toast.classList.add("is-leaving"); setTimeout(() => toast.remove(), 200); };
  const watch = (toast) => {
    toast.classList.add("is-new");
    if (toast.dataset.toast === "error") return;
    let timer = setTimeout(() => leave(toast), 10000);
    const wait = () => clearTimeout(timer);
    const resume = () => { wait(); timer = setTimeout(() => leave(toast), 10000); };
    toast.addEventListener("pointerenter", wait);
    toast.addEventListener("focusin", wait);
    toast.addEventListener("pointerleave", resume);
    toast.addEventListener("focusout", resume);
  };
  on("click", "[data-toast-close]", (event, button) => leave(button.closest("[data-toast]")));
  const watchAll = (root) => root.querySelectorAll("[data-toast]:not(.is-new)").forEach(watch);
  watchAll(document);

  // Copying: data-copy holds the text, or the selector of the element whose text it is.
  on("click", "[data-copy]", async (event, button) => {
    const source = button.dataset.copy.startsWith("#") ? document.querySelector(button.dataset.copy) : null;
    const text = source ? source.value || source.textContent.trim() : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const helper = document.createElement("textarea");  // plain http: the clipboard interface is missing there
      helper.value = text;
      document.body.append(helper);
      helper.select();
      document.execCommand("copy");
      helper.remove();
    }
    const words = button.querySelector("[data-copy-words]") || button;
    const before = words.textContent;
    words.textContent = button.dataset.copied || "✓";
    announce(words.textContent);
    setTimeout(() => { words.textContent = before; }, 2000);
  });

  // Asking first: data-confirm on a form or on one of its buttons; data-confirm-label names the step.
  let asked = null;
  const ask = (text, label, back, go) => {
    const dialog = document.createElement("dialog");
    dialog.className = "ask";
    const words = document.createElement("p");
    words.textContent = text;
    const actions = document.createElement("div");
    actions.className = "actions";
    const make = (name, kind) => Object.assign(document.createElement("button"), { type: "button", className: `btn ${kind}`, textContent: name });
    const no = make(back, "btn-quiet");
    const yes = make(label, "btn-primary");
    actions.append(no, yes);
    dialog.append(words, actions);
    document.body.append(dialog);
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => { dialog.close(); go(); });
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
    no.focus();
  };
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    const source = button && button.dataset.confirm ? button : event.target;
    if (!source.dataset.confirm || asked === event.target) { asked = null; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    const label = source.dataset.confirmLabel || (button ? button.textContent.trim() : "OK");
    const back = document.documentElement.lang === "en" ? "Back" : "返回";
    ask(source.dataset.confirm, label, back, () => { asked = event.target; event.target.requestSubmit(button || undefined); });
  }, true);

  // Filters send themselves; the button beside them is for browsers without scripts.
  document.querySelectorAll("[data-auto-submit] [data-without-script]").forEach((button) => { button.hidden = true; });
  on("change", "[data-auto-submit] select, [data-auto-submit] input[type=checkbox], [data-auto-submit] input[type=radio], [data-auto-submit] input[type=date]", (event, field) => field.form.requestSubmit());
  on("submit", "[data-auto-submit]", (event, form) => {
    form.querySelectorAll("input[name],select[name]").forEach((field) => { if (!field.value) field.disabled = true; });  // short addresses
    setTimeout(() => form.querySelectorAll(":disabled").forEach((field) => { field.disabled = false; }), 500);
  });

  // Passwords can be shown.
  on("click", "[data-reveal]", (event, button) => {
    const box = button.closest(".secret");
    const shown = box.classList.toggle("is-shown");
    box.querySelector("input").type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  });

  on("click", "[data-print]", () => window.print());

  // A file field inside .drop takes files that are dropped on its frame.
  ["dragover", "dragleave", "drop"].forEach((type) => on(type, ".drop", (event, box) => {
    event.preventDefault();
    box.classList.toggle("is-over", type === "dragover");
    if (type !== "drop" || !event.dataTransfer.files.length) return;
    const field = box.querySelector("input[type=file]");
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }));

  // No second request while the first is under way.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post" || event.target.matches("[hx-post],[data-repeatable]")) return;
    setTimeout(() => event.target.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = true; }));
    setTimeout(() => event.target.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = false; }), 8000);
  });

  // htmx: results are announced in one line; toasts inside an answer start their clock.
  document.addEventListener("htmx:afterSettle", (event) => {
    watchAll(document);
    const spoken = event.target.querySelector && (event.target.matches("[data-announce]") ? event.target : event.target.querySelector("[data-announce]"));
    if (spoken) announce(spoken.dataset.announce);
  });
  // A change that got no answer, or a bad one, says so: nobody is left to believe that it was saved. preventDefault() = the page has its own way.
  const fail = (event) => {
    const shape = document.querySelector("template[data-failure]"), toasts = document.getElementById("toasts");
    if (event.defaultPrevented || event.detail.requestConfig.verb === "get" || !shape || !toasts || toasts.querySelector("[data-failed]")) return;
    toasts.append(shape.content.cloneNode(true));
    watchAll(toasts);
  };
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((name) => document.addEventListener(name, fail));
  // Check-in keeps pages for times without a network (participants/attendance/offline_worker.js): they go when somebody signs out, or is.
  const forget = async () => {
    Object.keys(localStorage).filter((key) => key.startsWith("check-in:")).forEach((key) => {
      const nameless = (name, value) => (name === "who" ? undefined : value);  // marks stay until they are sent, names do not
      try { localStorage.setItem(key, JSON.stringify(JSON.parse(localStorage.getItem(key), nameless))); } catch { localStorage.removeItem(key); }
    });
    if ("caches" in window) (await caches.keys()).filter((name) => name.startsWith("check-in ")).forEach((name) => caches.delete(name));
  };
  on("submit", "form[action='/accounts/logout/']", forget);
  if (document.querySelector("a[href^='/accounts/login/']:not([data-queue-login]), form[action='/accounts/login/']")) forget();
  document.addEventListener("announce", (event) => announce((event.detail && (event.detail.value || event.detail.text)) || ""));
})();
