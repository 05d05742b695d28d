// Pre-stamping: a tap on a page moves the seal there; the numbers and the mark follow each other.
(() => {
  "use strict";
  const form = document.querySelector("form[data-stamp]");
  if (!form) return;
  const pixelsPerMillimetre = (1.5 * 72) / 25.4; // of the page pictures as they are drawn
  const size = Number(form.dataset.stamp);
  const sheets = [...document.querySelectorAll(".stamp-sheet")];
  const { page, x, y } = form.elements;

  const measures = (sheet) => {
    const picture = sheet.querySelector("img");
    return {
      picture,
      width: picture.naturalWidth / pixelsPerMillimetre,
      height: picture.naturalHeight / pixelsPerMillimetre,
    };
  };
  const inside = (value, most) => Math.min(Math.max(value, 0), Math.max(most, 0)).toFixed(1);

  const show = () => {
    for (const sheet of sheets) {
      const mark = sheet.querySelector(".stamp-mark");
      const { width, height } = measures(sheet);
      mark.hidden = sheet.dataset.page !== page.value || !width;
      if (mark.hidden) continue;
      mark.style.width = `${(size / width) * 100}%`;
      mark.style.left = `${(Number(x.value) / width) * 100}%`;
      mark.style.bottom = `${(Number(y.value) / height) * 100}%`;
    }
  };

  for (const sheet of sheets) {
    sheet.querySelector("img").addEventListener("load", show);
    sheet.addEventListener("click", (event) => {
      const { picture, width, height } = measures(sheet);
      if (!width) return; // the picture is still being drawn
      const box = picture.getBoundingClientRect();
      page.value = sheet.dataset.page;
      x.value = inside(((event.clientX - box.left) / box.width) * width - size / 2, width - size);
      y.value = inside(((box.bottom - event.clientY) / box.height) * height - size / 2, height - size);
      show();
    });
  }
  form.addEventListener("input", show);
  show();
})();
