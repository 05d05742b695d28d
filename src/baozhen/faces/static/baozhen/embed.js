// Inside another page: tell the host what happened. The host's origin is named by the link alone.
// Events: {source: "baozhen", type: "ready" | "signed" | "declined" | "error" | "height", …}.
(() => {
  "use strict";
  const root = document.documentElement;
  const host = root.dataset.embedHost;
  if (!host || window.parent === window) return;
  const say = (type, more) => window.parent.postMessage({ source: "baozhen", type, ...more }, host);
  const task = { envelope: root.dataset.envelope };
  say("ready", { ...task, step: root.dataset.step });
  const outcomes = { signed: "signed", completed: "signed", declined: "declined" };
  const outcome = outcomes[root.dataset.outcome];
  if (outcome) say(outcome, { ...task, completed: root.dataset.outcome === "completed" });
  const fault = document.getElementById("fault");
  if (fault) say("error", { ...task, message: fault.textContent.trim() });
  let told = 0;
  const size = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height !== told) say("height", { height });
    told = height;
  };
  new ResizeObserver(size).observe(document.body);
  size();
})();
