// Comfort for browsers with scripts; every page works without this file.
(() => {
  "use strict";
  document.documentElement.classList.remove("no-js");

  const largest = 10 * 1024 * 1024;
  const sizeOf = (bytes) =>
    bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`;

  for (const drop of document.querySelectorAll("[data-drop]")) {
    const input = drop.querySelector("input[type=file]");
    const name = drop.querySelector("[data-name]");
    const note = drop.querySelector("[data-note]");
    const show = () => {
      const file = input.files[0];
      if (!file) return;
      drop.classList.add("chosen");
      name.textContent = file.name;
      note.textContent = file.size > largest
        ? `${sizeOf(file.size)}，超过 10 MB，无法核验`
        : `${sizeOf(file.size)}，轻触可重新选择`;
    };
    input.addEventListener("change", show);
    for (const kind of ["dragover", "dragenter"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const kind of ["dragleave", "drop"]) {
      drop.addEventListener(kind, () => drop.classList.remove("over"));
    }
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        show();
      }
    });
  }

  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", () => {
      form.classList.add("htmx-request");
      for (const button of form.querySelectorAll("button[type=submit]")) {
        // The click that sends the form must still carry the button's own value.
        setTimeout(() => { button.disabled = true; }, 0);
      }
    });
  }
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-once]")) {
      form.classList.remove("htmx-request");
      for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = false;
    }
  });

  // What scrolls sideways is reached by the keyboard too.
  const reached = new ResizeObserver((boxes) => {
    for (const { target } of boxes) {
      const box = target.closest(".table-wrap");
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  for (const part of document.querySelectorAll(".table-wrap, .table-wrap > *")) reached.observe(part);

  const first = document.querySelector("[aria-invalid=true]") || document.querySelector("[data-focus]");
  if (first) first.focus({ preventScroll: first.hasAttribute("data-focus") });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
