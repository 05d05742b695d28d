// Plays the recordings of this package from the disk: each session by its own button.
(() => {
  "use strict";
  const stage = document.getElementById("stage");
  document.querySelectorAll("button[data-session]").forEach((button) => {
    button.addEventListener("click", () => {
      stage.replaceChildren();
      const events = window.RECORDINGS[button.dataset.session];
      const Player = window.rrwebPlayer.default || window.rrwebPlayer;
      new Player({
        target: stage,
        props: { events, width: Math.min(1024, stage.clientWidth || 390), height: 720, autoPlay: false, showController: true },
      });
    });
  });
})();
