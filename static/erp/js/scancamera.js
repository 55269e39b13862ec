/* Codes from the phone's camera: erp.scanCamera({video, reader, wasm, found, failed}) → {start(), stop(), running()}.
   Reads with the browser's own detector where there is one, otherwise with a library that is loaded only then. */
(() => {
  "use strict";
  const EVERY = 180; // milliseconds between two looks
  const SAME = 2500; // the same code in front of the lens counts once in this time
  const FORMATS = ["code_128", "code_39", "ean_13", "ean_8", "upc_a", "upc_e", "itf", "qr_code", "data_matrix"];

  const script = (path) =>
    new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = path;
      element.onload = resolve;
      element.onerror = reject;
      document.head.append(element);
    });

  async function own() {
    if (!("BarcodeDetector" in window)) return null;
    const known = await window.BarcodeDetector.getSupportedFormats();
    const formats = FORMATS.filter((one) => known.includes(one));
    if (!formats.includes("ean_13")) return null;
    const detector = new window.BarcodeDetector({ formats });
    return async (video) => (await detector.detect(video)).map((one) => one.rawValue);
  }

  async function library(reader, wasm) {
    if (!window.ZXingWASM) await script(reader);
    // Its own program from our own host; it would ask a foreign one otherwise.
    window.ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => wasm } });
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    return async (video) => {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      pen.drawImage(video, 0, 0);
      const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
      const read = await window.ZXingWASM.readBarcodes(picture, { tryHarder: true, maxNumberOfSymbols: 1 });
      return read.filter((one) => one.isValid).map((one) => one.text);
    };
  }

  erp.scanCamera = ({ video, reader, wasm, found, failed }) => {
    let stream = null;
    let last = { code: "", at: 0 };

    async function look(read) {
      if (!stream) return;
      if (video.readyState >= 2) {
        try {
          const code = (await read(video))[0];
          if (code && (code !== last.code || Date.now() - last.at > SAME)) {
            last = { code, at: Date.now() };
            found(code.trim());
          }
        } catch (error) {
          stop();
          return failed(error);
        }
      }
      setTimeout(() => look(read), EVERY);
    }

    function stop() {
      if (stream) stream.getTracks().forEach((track) => track.stop());
      stream = null;
      video.srcObject = null;
    }

    async function start() {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
        video.srcObject = stream;
        await video.play();
        look((await own()) || (await library(reader, wasm)));
      } catch (error) {
        stop();
        failed(error);
      }
    }
    return { start, stop, running: () => stream !== null };
  };
})();
