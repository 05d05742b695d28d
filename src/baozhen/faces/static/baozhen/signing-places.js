// Places for marks: a click on a page picture becomes points of that page, origin at the lower left.
(() => {
  "use strict";
  const form = document.querySelector("[data-places]");
  if (!form) return;
  for (const sheet of document.querySelectorAll("svg[data-page]")) {
    sheet.addEventListener("click", (event) => {
      if (!form.elements.party.value) {
        form.querySelector("input[name=party]").focus();
        return;
      }
      const box = sheet.getBoundingClientRect();
      const scale = sheet.viewBox.baseVal.width / box.width;
      form.elements.document.value = sheet.dataset.document;
      form.elements.page.value = sheet.dataset.page;
      form.elements.x.value = ((event.clientX - box.left) * scale).toFixed(2);
      form.elements.y.value = (Number(sheet.dataset.height) - (event.clientY - box.top) * scale).toFixed(2);
      form.requestSubmit();
    });
  }
})();
