// Tells what a person does on a traced page: clicks, ticks, how far was read; never what was typed.
// The recorder of the moving picture is fetched when the page has been usable for a while.
const me = document.querySelector("script[data-trace]");
const BATCH_MS = 4000;
const BEACON_BYTES = 60000;
const PICTURES_MAX = 4000;
const SENDING_BYTES_MAX = 900000;
let acts = [];
let pictures = [];
let isClosed = false;

const short = (text) => (text || "").replace(/\s+/g, " ").trim().slice(0, 60);
const isPrivate = (node) => Boolean(node.closest("[data-private]"));
const nameOf = (node) => {
  const kind = node.tagName.toLowerCase();
  const own = node.dataset.traceName || node.name || node.id;
  if (own) return `${kind}#${own}`;
  return isPrivate(node) ? kind : `${kind}:${short(node.getAttribute("aria-label") || node.textContent)}`;
};
const tell = (kind, target, value = "") => {
  if (!isClosed && acts.length < 200) acts.push({ kind, at: Date.now(), target: target.slice(0, 200), value });
};

const send = async (isLast) => {
  if (isClosed || (!acts.length && !pictures.length)) return;
  const batch = { view: Number(me.dataset.trace), sent: Date.now(), acts, pictures };
  acts = [];
  pictures = [];
  let body = JSON.stringify(batch);
  if (body.length > SENDING_BYTES_MAX || (isLast && body.length > BEACON_BYTES)) {
    // The acts are the record; a picture too large for the way is left out.
    batch.pictures = [];
    body = JSON.stringify(batch);
  }
  try {
    const answer = await fetch(me.dataset.to, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      keepalive: isLast,
      credentials: "same-origin",
    });
    if (answer.status === 404 || answer.status === 413 || answer.status === 422) isClosed = true;
  } catch {
    // The network is away: the acts go with the next batch, the picture of that moment is lost.
    acts = batch.acts.concat(acts).slice(0, 200);
  }
};

document.addEventListener("click", (event) => {
  const node = event.target.closest("a, button, summary, [role=button], label, canvas");
  if (node) tell("CLICK", nameOf(node));
}, { capture: true, passive: true });
document.addEventListener("change", (event) => {
  const node = event.target;
  if (node.type === "checkbox" || node.type === "radio") {
    tell(node.checked ? "TICK" : "UNTICK", nameOf(node), isPrivate(node) ? "" : short(node.value));
  } else if (node.tagName === "SELECT") {
    tell("INPUT", nameOf(node));
  } else if (node.name) {
    tell("INPUT", nameOf(node), `${node.value.length} 字`);
  }
}, { capture: true, passive: true });
document.addEventListener("play", (event) => tell("PLAY", nameOf(event.target)), { capture: true });

const ended = new Set();
const atEnd = (node, name) => {
  if (!ended.has(name) && node.scrollTop + node.clientHeight >= node.scrollHeight - 8) {
    ended.add(name);
    tell("SCROLL_END", name);
  }
};
document.addEventListener("scroll", (event) => {
  if (event.target === document) atEnd(document.documentElement, "页面");
  else if (event.target.id) atEnd(event.target, nameOf(event.target));
}, { capture: true, passive: true });

const leave = () => {
  tell("LEAVE", "页面");
  send(true);
};
addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") send(true);
});
setInterval(() => send(false), BATCH_MS);

const record = () => {
  if (isClosed || !me.dataset.recorder) return;
  const script = document.createElement("script");
  script.src = me.dataset.recorder;
  script.onload = () => {
    const recorder = window.rrweb;
    if (!recorder) return;
    recorder.record({
      emit: (event) => { if (pictures.length < PICTURES_MAX) pictures.push(event); },
      maskAllInputs: true,
      maskInputOptions: { text: true, textarea: true, select: false },
      maskTextSelector: "[data-private], [data-private] *",
      blockSelector: "[data-unrecorded], canvas",
      slimDOMOptions: "all",
      inlineStylesheet: false,
      recordCanvas: false,
      collectFonts: false,
      sampling: { mousemove: 500, mouseInteraction: true, scroll: 250, media: 800, input: "last" },
    });
  };
  document.head.append(script);
};
const idle = window.requestIdleCallback || ((act) => setTimeout(act, 1500));
if (me) addEventListener("load", () => setTimeout(() => idle(record), 1000));
