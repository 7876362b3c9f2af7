// QR codes by the camera: the browser's own reader where it has one, jsQR elsewhere. `take` gets every text that is read.
// Looks in `root` for data-scan-video, -idle, -start, -stop and -note; words: noCamera, denied.
"use strict";

window.qrCamera = (root, words, take, onStart = () => {}) => {
  const LOOK_EVERY = 140, WIDEST = 640;
  const $ = (name) => root.querySelector(`[data-${name}]`);
  const video = $("scan-video"), canvas = document.createElement("canvas");
  let native = null, stream = null;
  const setCamera = (on) => {
    video.hidden = !on;
    $("scan-idle").hidden = on;
    $("scan-stop").hidden = !on;
    root.classList.toggle("is-live", on);
  };
  const open = async () => {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) { $("scan-note").textContent = words.noCamera; return; }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch (problem) {
      $("scan-note").textContent = problem.name === "NotAllowedError" ? words.denied : words.noCamera;
      return;
    }
    if ("BarcodeDetector" in window) {
      try { native = (await BarcodeDetector.getSupportedFormats()).includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null; } catch { native = null; }
    }
    video.srcObject = stream;
    await video.play();
    setCamera(true);
    if (navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => { $("scan-note").textContent = ""; });
    look();
  };
  const close = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    setCamera(false);
  };
  const decode = async () => {
    if (native) {
      try { const [found] = await native.detect(video); return found ? found.rawValue : ""; } catch { native = null; }
    }
    return window.qrIn(video, video.videoWidth, video.videoHeight, canvas, WIDEST);
  };
  const look = async () => {
    if (!stream) return;
    if (video.videoWidth) { const text = await decode(); if (text) take(text); }
    setTimeout(look, LOOK_EVERY);
  };
  $("scan-start").addEventListener("click", () => { onStart(); open(); });
  $("scan-stop").addEventListener("click", close);
  window.addEventListener("pagehide", close);
  return { close };
};

// The text of the QR code in a picture or a frame of a video, "" where there is none.
window.qrIn = (source, width, height, canvas, widest) => {
  const scale = Math.min(1, widest / width);
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const found = jsQR(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height, { inversionAttempts: "dontInvert" });
  return found ? found.data : "";
};
