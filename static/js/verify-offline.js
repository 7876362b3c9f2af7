// Checks sealed QR codes on the device. The form of a code is told in participants/certificates/sealed_codes.py.
(() => {
  "use strict";
  const root = document.querySelector("[data-offline]");
  if (!root) return;
  const json = (id) => JSON.parse(document.getElementById(id).textContent);
  const known = json("offline-known"), words = json("offline-words");
  const $ = (name) => root.querySelector(`[data-${name}]`);
  const VERSION = 1, SIGNATURE = 64, DAY = 86400000, FIRST_DAY = Date.UTC(2000, 0, 1), FIRST_YEAR = 2000, WIDEST_PHOTO = 1600;
  const PURPOSE = new TextEncoder().encode("certificate code 1\n");
  const ADDRESS = /^https?:\/\/[^#]+\/verify\/([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})\/(?:#([A-Za-z0-9_-]*))?$/;

  const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const read = (whole) => {
    let at = 1;
    const number = () => {
      let value = 0, scale = 1, cell;
      do { cell = whole[at++]; value += (cell & 127) * scale; scale *= 128; } while (cell > 127);
      return value;
    };
    const [issuer, years, serial, first, days, tenths] = Array.from({ length: 6 }, number);
    const day = (count) => new Date(FIRST_DAY + count * DAY);
    return { issuer, year: FIRST_YEAR + years, serial, starts: day(first), ends: day(first + days), hours: tenths / 10, name: new TextDecoder().decode(whole.subarray(at)) };
  };

  let key = null;
  const check = async (content) => {
    const found = ADDRESS.exec(content.trim());
    if (!found) return { verdict: "foreign" };
    const [, code, sealed] = found;
    if (!sealed) return { verdict: "unsealed", code };
    let raw;
    try { raw = bytesOf(sealed); } catch { return { verdict: "forged", code }; }
    const whole = raw.subarray(0, -SIGNATURE), signature = raw.subarray(-SIGNATURE);
    key = key || await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x: known.key }, "Ed25519", false, ["verify"]);
    const holds = whole[0] === VERSION && await crypto.subtle.verify("Ed25519", key, signature, joined(PURPOSE, new TextEncoder().encode(code), whole));
    return holds ? { verdict: "genuine", code, facts: read(whole) } : { verdict: "forged", code };
  };

  const language = document.documentElement.lang;
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  const show = ({ verdict, code, facts }) => {
    root.querySelectorAll("[data-verdict]").forEach((block) => { block.hidden = block.dataset.verdict !== verdict; });
    $("offline-answer").hidden = false;
    $("offline-facts").hidden = !facts;
    $("offline-limits").hidden = !code || verdict === "forged";
    if (code) $("offline-online").href = `/verify/${code}/`;
    if (facts) fill(facts);
    $("offline-answer").scrollIntoView({ block: "nearest" });
  };
  const fill = (facts) => {
    const issuer = known.issuers[facts.issuer];
    const texts = {
      name: facts.name,
      dates: facts.starts < facts.ends ? `${date.format(facts.starts)} – ${date.format(facts.ends)}` : date.format(facts.starts),
      hours: words.hours.replace("{0}", facts.hours),
      issuer: issuer ? issuer.name : words.unknownIssuer,
      number: issuer ? `${issuer.prefix}〔${facts.year}〕第${String(facts.serial).padStart(4, "0")}号` : `${facts.year} / ${facts.serial}`,
    };
    for (const [name, text] of Object.entries(texts)) root.querySelector(`[data-fact=${name}]`).textContent = text;
    root.querySelectorAll("[data-fact-of=hours]").forEach((cell) => { cell.hidden = !facts.hours; });
  };

  let last = "";
  const take = async (content) => {
    if (content === last) return;
    last = content;
    try { show(await check(content)); } catch { $("offline-state").textContent = words.tooOld; }
  };
  window.qrCamera($("offline-camera"), words, take);
  $("offline-photo").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    if (!file) return;
    const picture = await createImageBitmap(file).catch(() => null);
    const content = picture ? window.qrIn(picture, picture.width, picture.height, document.createElement("canvas"), WIDEST_PHOTO) : "";
    target.value = "";
    last = "";
    if (content) take(content); else $("offline-state").textContent = words.noCode;
  });

  root.hidden = false;
  const state = (text) => { $("offline-state").textContent = text; };
  if (!("serviceWorker" in navigator)) state(words.notKept);
  else navigator.serviceWorker.register(root.dataset.worker).then(() => navigator.serviceWorker.ready).then(() => state(words.ready), () => state(words.notKept));
})();
