// The handwritten signature: strokes with pressure and time, undo, clear, a turned-phone view.
(() => {
  "use strict";
  const board = document.querySelector("[data-board]");
  if (!board) return;
  const canvas = board.querySelector("canvas");
  const field = document.querySelector("input[name=strokes]");
  const send = document.querySelector("[data-needs-strokes]");
  const hint = board.querySelector("[data-board-hint]");
  const said = document.querySelector("[data-strokes-said]");
  const ink = getComputedStyle(canvas).getPropertyValue("--pen").trim() || "#1F2933";
  const pad = new SignaturePad(canvas, { penColor: ink, minWidth: 1.2, maxWidth: 3.6, throttle: 8 });

  const fit = () => {
    const kept = pad.toData();
    const before = { width: canvas.offsetWidth, height: canvas.offsetHeight };
    const scale = Math.max(window.devicePixelRatio || 1, 1);
    if (canvas.width === before.width * scale && canvas.height === before.height * scale) return;
    canvas.width = before.width * scale;
    canvas.height = before.height * scale;
    canvas.getContext("2d").scale(scale, scale);
    pad.clear();
    pad.fromData(kept);
  };
  // Shape of the field: {width, height, strokes: [[[x, y, milliseconds, pressure], …], …]}.
  const write = () => {
    const groups = pad.toData();
    const start = groups.length && groups[0].points.length ? groups[0].points[0].time : 0;
    field.value = groups.length ? JSON.stringify({
      width: canvas.offsetWidth,
      height: canvas.offsetHeight,
      strokes: groups.map((group) => group.points.map((point) => [
        Math.round(point.x * 10) / 10, Math.round(point.y * 10) / 10,
        Math.max(0, Math.round(point.time - start)), Math.round((point.pressure || 0.5) * 100) / 100,
      ])),
    }) : "";
    if (send) send.disabled = !field.value;
    if (hint) hint.hidden = Boolean(groups.length);
    if (said) said.textContent = groups.length ? `已写 ${groups.length} 笔` : "";
  };
  pad.addEventListener("endStroke", write);
  pad.addEventListener("beginStroke", () => { if (hint) hint.hidden = true; });
  board.querySelector("[data-undo]").addEventListener("click", () => {
    pad.fromData(pad.toData().slice(0, -1));
    write();
  });
  board.querySelector("[data-clear]").addEventListener("click", () => { pad.clear(); write(); });
  const wide = board.querySelector("[data-wide]");
  wide.addEventListener("click", () => {
    const on = board.classList.toggle("wide");
    document.documentElement.classList.toggle("fixed", on);
    wide.setAttribute("aria-pressed", String(on));
    wide.textContent = on ? "收起" : "全屏书写";
    fit();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && board.classList.contains("wide")) wide.click();
  });
  window.addEventListener("resize", fit);
  fit();
  write();
})();
