// A step that takes a moment: ask until it is done, then go on.
(() => {
  "use strict";
  const box = document.querySelector("[data-wait]");
  if (!box) return;
  let pause = 500;
  const ask = async () => {
    try {
      const answer = await (await fetch(box.dataset.wait, { headers: { Accept: "application/json" } })).json();
      if (answer.over) { window.location.replace(answer.next); return; }
      box.querySelector("[data-wait-words]").textContent = answer.message;
    } catch { /* the next question may be answered */ }
    pause = Math.min(pause * 1.4, 5000);
    setTimeout(ask, pause);
  };
  setTimeout(ask, pause);
})();
