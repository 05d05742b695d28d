// Reading: what was on screen, for how long and how far; and the exact file beside the text.
(() => {
  "use strict";
  const reader = document.querySelector("[data-reader]");
  if (!reader) return;
  const csrf = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const go = document.querySelector("[data-go-on]");
  const tell = document.querySelector("[data-reading-state]");
  const bar = document.querySelector("[data-reading-bar]");
  const showing = new Set();
  let unsent = {};
  let view = "text";

  const of = (key) => (unsent[key] ||= { seconds: 0, ended: false });
  const pages = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) showing.add(entry.target);
      else showing.delete(entry.target);
    }
  });
  const ends = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) of(entry.target.dataset.pageEnd).ended = true;
  });
  const watch = (root) => {
    root.querySelectorAll("[data-page]").forEach((node) => pages.observe(node));
    root.querySelectorAll("[data-page-end]").forEach((node) => ends.observe(node));
  };

  const show = (answer) => {
    tell.textContent = answer.message;
    bar.value = answer.share;
    if (go) go.disabled = !answer.complete;
  };
  const send = async () => {
    if (!Object.keys(unsent).length) return;
    const sent = unsent;
    unsent = {};
    try {
      const response = await fetch(reader.dataset.progress, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify({ view, pages: sent }),
        keepalive: true,
      });
      if (!response.ok) throw new Error(String(response.status));
      show(await response.json());
    } catch {
      // Nothing read is lost: it goes with the next report.
      for (const [key, value] of Object.entries(sent)) {
        of(key).seconds += value.seconds;
        of(key).ended ||= value.ended;
      }
    }
  };
  let ticks = 0;
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    for (const key of new Set([...showing].map((node) => node.dataset.page))) of(key).seconds += 1;
    ticks += 1;
    if (ticks % 3 === 0) send();
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") send(); });
  watch(reader);

  // The exact file: the viewer comes only when it is asked for.
  const original = document.querySelector("[data-original]");
  const draw = async () => {
    original.dataset.state = "loading";
    const pdfjs = await import(original.dataset.viewer);
    pdfjs.GlobalWorkerOptions.workerSrc = original.dataset.worker;
    const task = pdfjs.getDocument({ url: original.dataset.file, isEvalSupported: false, cMapUrl: original.dataset.cmaps, cMapPacked: true });
    const file = await task.promise;
    for (let number = 1; number <= file.numPages; number += 1) {
      const page = await file.getPage(number);
      const usual = page.getViewport({ scale: 1 });
      const scale = (original.clientWidth / usual.width) * Math.min(window.devicePixelRatio || 1, 2);
      const seenAt = page.getViewport({ scale });
      const holder = document.createElement("div");
      holder.className = "sheet";
      holder.dataset.page = `${original.dataset.document}-${number}`;
      const canvas = document.createElement("canvas");
      canvas.width = seenAt.width;
      canvas.height = seenAt.height;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `第 ${number} 页，文字内容见“阅读版”`);
      const end = document.createElement("div");
      end.dataset.pageEnd = holder.dataset.page;
      holder.append(canvas, end);
      original.append(holder);
      await page.render({ canvasContext: canvas.getContext("2d"), viewport: seenAt }).promise;
    }
    original.dataset.state = "ready";
    watch(original);
  };
  for (const tab of document.querySelectorAll("[data-view]")) {
    tab.addEventListener("click", () => {
      send();
      view = tab.dataset.view;
      for (const other of document.querySelectorAll("[data-view]")) {
        other.setAttribute("aria-selected", String(other === tab));
        other.tabIndex = other === tab ? 0 : -1;
      }
      document.querySelector("[data-text]").hidden = view !== "text";
      original.hidden = view !== "original";
      if (view === "original" && !original.dataset.state) {
        draw().catch(() => {
          original.dataset.state = "failed";
          original.querySelector("[data-failed]").hidden = false;
        });
      }
    });
  }

  // The arrow keys go from tab to tab, as the pattern for tabs has it.
  const tabs = [...document.querySelectorAll("[data-view]")];
  for (const tab of tabs) {
    tab.addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      const next = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
      next.focus();
      next.click();
    });
  }

  // Read aloud, sentence by sentence, where the browser can speak.
  const aloud = document.querySelector("[data-aloud]");
  if (aloud && "speechSynthesis" in window) {
    aloud.hidden = false;
    aloud.addEventListener("click", () => {
      if (speechSynthesis.speaking) {
        speechSynthesis.cancel();
        aloud.setAttribute("aria-pressed", "false");
        return;
      }
      aloud.setAttribute("aria-pressed", "true");
      for (const line of document.querySelectorAll("[data-text] p")) {
        const words = new SpeechSynthesisUtterance(line.textContent);
        words.lang = "zh-CN";
        words.rate = 0.9;
        speechSynthesis.speak(words);
      }
    });
  }
})();
