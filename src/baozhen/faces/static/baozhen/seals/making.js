// The wizard of seals: only the questions of the chosen source are shown.
(() => {
  "use strict";
  const source = document.querySelector("[data-source]");
  if (!source) return;
  const show = () => {
    for (const part of document.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(source.value);
    }
    window.dispatchEvent(new Event("resize"));
  };
  source.addEventListener("change", show);
  show();
})();
