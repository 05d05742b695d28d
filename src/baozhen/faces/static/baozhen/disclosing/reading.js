// Reading one file: tell the server that it is on screen, and when its end is. The time is counted
// by the server; what this page says of itself only ever opens the button that the server checks.
const reader = document.querySelector("[data-reader]");
const form = document.querySelector("form.dock");
const go = form.querySelector("[data-go-on]");
const tell = form.querySelector("[data-reading-state]");
const bar = form.querySelector("[data-reading-bar]");
const original = reader.querySelector("[data-original]");
const text = reader.querySelector("[data-text]");
const field = (name) => form.querySelector(`input[name=${name}]`);
const csrf = field("csrfmiddlewaretoken").value;
const PAUSE = 2000;

let view = "text";
let ended = false;
// Without scripts the button stands at the end of the text, and sending the form says so.
field("view").value = view;
field("ended").value = "0";
go.disabled = go.hasAttribute("data-wait-reading");

const show = (answer) => {
  tell.textContent = answer.message;
  bar.value = answer.share;
  go.disabled = !answer.complete;
};
const report = async () => {
  if (document.visibilityState !== "visible") return;
  try {
    const response = await fetch(reader.dataset.progress, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ view, ended }),
    });
    if (response.ok) show(await response.json());
  } catch { /* The next report counts the time since the last one that arrived. */ }
};
setInterval(report, PAUSE);

const atEnd = () => {
  if (ended) return;
  ended = true;
  field("ended").value = "1";
  report();
};
const ends = new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) atEnd();
});
ends.observe(text.querySelector("[data-end]"));

// The exact file: the viewer comes only when it is asked for.
const draw = async () => {
  original.dataset.state = "loading";
  const pdfjs = await import(original.dataset.viewer);
  pdfjs.GlobalWorkerOptions.workerSrc = original.dataset.worker;
  const file = await pdfjs.getDocument({
    url: original.dataset.file, isEvalSupported: false, cMapUrl: original.dataset.cmaps, cMapPacked: true,
  }).promise;
  for (let number = 1; number <= file.numPages; number += 1) {
    const page = await file.getPage(number);
    const usual = page.getViewport({ scale: 1 });
    const scale = (original.clientWidth / usual.width) * Math.min(window.devicePixelRatio || 1, 2);
    const seen = page.getViewport({ scale });
    const sheet = document.createElement("div");
    sheet.className = "sheet";
    const canvas = document.createElement("canvas");
    canvas.width = seen.width;
    canvas.height = seen.height;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `第 ${number} 页，文字内容见“阅读版”`);
    sheet.append(canvas);
    original.append(sheet);
    await page.render({ canvasContext: canvas.getContext("2d"), viewport: seen }).promise;
  }
  const end = document.createElement("div");
  end.dataset.end = "";
  original.append(end);
  original.dataset.state = "ready";
  ends.observe(end);
};

const tabs = [...document.querySelectorAll("[data-view]")];
const choose = (tab) => {
  view = tab.dataset.view;
  field("view").value = view;
  for (const other of tabs) {
    other.setAttribute("aria-selected", String(other === tab));
    other.tabIndex = other === tab ? 0 : -1;
  }
  text.hidden = view !== "text";
  original.hidden = view !== "original";
  if (view === "original" && !original.dataset.state) {
    draw().catch(() => {
      original.dataset.state = "failed";
      original.querySelector("[data-failed]").hidden = false;
    });
  }
};
for (const tab of tabs) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const next = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
    next.focus();
    choose(next);
  });
}

// Read aloud, sentence by sentence, where the browser can speak.
const aloud = document.querySelector("[data-aloud]");
if ("speechSynthesis" in window) {
  aloud.hidden = false;
  const stop = () => {
    speechSynthesis.cancel();
    aloud.setAttribute("aria-pressed", "false");
  };
  window.addEventListener("pagehide", stop);
  aloud.addEventListener("click", () => {
    if (aloud.getAttribute("aria-pressed") === "true") { stop(); return; }
    aloud.setAttribute("aria-pressed", "true");
    const lines = [...text.querySelectorAll("h2, p, .pairs div, .lines dl")];
    lines.forEach((line, index) => {
      const words = new SpeechSynthesisUtterance(line.textContent.replace(/\s+/g, " "));
      words.lang = "zh-CN";
      words.rate = 0.9;
      if (index === lines.length - 1) words.addEventListener("end", stop);
      speechSynthesis.speak(words);
    });
  });
}
