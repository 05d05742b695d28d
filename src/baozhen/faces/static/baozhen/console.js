// Comfort for staff: "/" goes to the search box, filters apply at once. Everything works without it.
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|textarea|select)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.getElementById("find");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-apply]");
    if (form) form.requestSubmit();
  });
  // A fragment that did not come says so in its place, instead of "loading" for ever.
  for (const failure of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failure, (event) => {
      event.detail.target.replaceChildren();
      event.detail.target.insertAdjacentText("beforeend", "没有完成，请刷新页面再试。");
      event.detail.target.classList.add("pad", "quiet");
    });
  }
  // What scrolls sideways is reached by the keyboard too.
  const reached = new ResizeObserver((boxes) => {
    for (const { target } of boxes) {
      const box = target.closest(".table-wrap");
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  const watch = (within) => {
    for (const part of within.querySelectorAll(".table-wrap, .table-wrap > *")) reached.observe(part);
  };
  watch(document);
  document.addEventListener("htmx:load", (event) => watch(event.detail.elt));
  const first = document.querySelector("[aria-invalid=true]");
  if (first) first.focus();
})();
