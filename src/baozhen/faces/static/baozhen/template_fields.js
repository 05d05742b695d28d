// The page on which fields lie: drawn, moved and sized by mouse, finger and keys. It knows boxes in
// fractions of the page and tells what happened; what a field means, the editor knows.
globalThis.TemplateBoard = (() => {
  "use strict";
  const STEP = 0.002;
  const LEAST = 0.01;
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const round = (value) => Math.round(value * 10000) / 10000;
  const within = (value, low, high) => Math.min(Math.max(value, low), high);

  const moved = ([left, top, right, bottom], x, y) => {
    const across = within(x, -left, 1 - right);
    const down = within(y, -top, 1 - bottom);
    return [left + across, top + down, right + across, bottom + down].map(round);
  };
  const sized = ([left, top, right, bottom], x, y) => [
    left, top, within(right + x, left + LEAST, 1), within(bottom + y, top + LEAST, 1),
  ].map(round);

  return class TemplateBoard {
    // `told`: select(index), changed(index), remove(index).
    constructor(sheet, told) {
      this.sheet = sheet;
      this.told = told;
      this.marks = new Map();
    }

    // `shown`: [{index, field, label, title, signed, faulty}] of the page in view.
    draw(shown, selected) {
      const focused = document.activeElement?.dataset?.index;
      for (const mark of this.marks.values()) mark.remove();
      this.marks.clear();
      for (const one of shown) this.marks.set(one.index, this.#mark(one, one.index === selected));
      if (focused !== undefined) this.marks.get(Number(focused))?.focus({ preventScroll: true });
    }

    // A box of this size in millimetres of an A4 page, around a point in fractions of the page.
    boxAround(x, y, width, height) {
      const ratio = this.sheet.clientHeight / this.sheet.clientWidth || 1.414;
      const wide = width / 210;
      const high = height / 210 / ratio;
      const left = within(x - wide / 2, 0, 1 - wide);
      const top = within(y - high / 2, 0, 1 - high);
      return [left, top, left + wide, top + high].map(round);
    }

    focus(index) {
      this.marks.get(index)?.focus({ preventScroll: true });
    }

    #mark(one, isSelected) {
      const mark = document.createElement("div");
      mark.className = `mark${one.signed ? " signed" : ""}${one.faulty ? " faulty" : ""}`;
      mark.tabIndex = 0;
      mark.dataset.index = one.index;
      mark.setAttribute("role", "button");
      mark.setAttribute("aria-pressed", String(isSelected));
      mark.setAttribute("aria-label", one.title);
      mark.append(one.label, document.createElement("i"));
      this.#place(mark, one.field.rect);
      mark.addEventListener("pointerdown", (event) => this.#drag(event, mark, one));
      mark.addEventListener("keydown", (event) => this.#key(event, mark, one));
      mark.addEventListener("focus", () => this.#select(one.index));
      this.sheet.append(mark);
      return mark;
    }

    #select(index) {
      for (const [at, mark] of this.marks) mark.setAttribute("aria-pressed", String(at === index));
      this.told.select(index);
    }

    #place(mark, [left, top, right, bottom]) {
      mark.style.left = `${left * 100}%`;
      mark.style.top = `${top * 100}%`;
      mark.style.width = `${(right - left) * 100}%`;
      mark.style.height = `${(bottom - top) * 100}%`;
    }

    #drag(event, mark, one) {
      if (event.button !== 0) return;
      event.preventDefault();
      mark.focus({ preventScroll: true });
      mark.setPointerCapture(event.pointerId);
      const change = event.target === mark.lastChild ? sized : moved;
      const before = one.field.rect;
      const page = this.sheet.getBoundingClientRect();
      const follow = (at) => {
        const x = (at.clientX - event.clientX) / page.width;
        const y = (at.clientY - event.clientY) / page.height;
        one.field.rect = change(before, x, y);
        this.#place(mark, one.field.rect);
      };
      const stop = () => {
        mark.removeEventListener("pointermove", follow);
        if (one.field.rect !== before) this.told.changed(one.index);
      };
      mark.addEventListener("pointermove", follow);
      mark.addEventListener("pointerup", stop, { once: true });
      mark.addEventListener("pointercancel", stop, { once: true });
    }

    #key(event, mark, one) {
      if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        this.told.remove(one.index);
        return;
      }
      const arrow = ARROWS[event.key];
      if (!arrow || event.altKey || event.metaKey) return;
      event.preventDefault();
      const step = event.ctrlKey ? STEP / 2 : STEP * 2.5;
      const change = event.shiftKey ? sized : moved;
      one.field.rect = change(one.field.rect, arrow[0] * step, arrow[1] * step);
      this.#place(mark, one.field.rect);
      this.told.changed(one.index);
    }
  };
})();
