// The editor of a template's draft: fields and their properties, the text and its preview, saving.
(() => {
  "use strict";
  const state = JSON.parse(document.getElementById("template-state").textContent);
  const find = (name) => document.querySelector(`[data-${name}]`);
  const csrf = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const [picture, panel, list, source] = ["picture", "panel", "list", "source"].map(find);
  const inputs = panel.querySelectorAll("[name]");
  const WAIT = 600;
  // Millimetres on an A4 page; a company's round seal is 42 mm wide.
  const SIZES = {
    seal: [42, 42], riding_seal: [42, 42], signature: [45, 18], table: [170, 40], picture: [35, 35],
    qr: [28, 28], checkbox: [6, 6],
  };
  const TYPED = ["text", "number", "date", "amount", "amount_capitals", "choice"];
  const fields = state.fields;
  const sample = state.sample;
  let pages = Math.max(state.pages, 1);
  let page = 0;
  let selected = -1;
  let isDirty = false;
  let faults = []; // {index, prop, message}
  let digest = state.sha256;

  const isSigned = (field) => state.signed.includes(field.kind);
  const ASKED = ["text", "number", "date", "choice", "checkbox"];
  const isFilled = (field) => !state.open.includes(field.kind) && !field.source;
  const hasPlace = (field) => isSigned(field) || (!state.typst && field.kind !== "attachment");
  const isHere = (field) => field.rect && (field.page === -1 ? pages - 1 : field.page || 0) === page;
  const labelOf = (field) => field.label || field.name;
  const faultOf = (index, prop) => faults.find((one) => one.index === index && one.prop === prop);
  const isFaulty = (index) => faults.some((one) => one.index === index);

  const board = new globalThis.TemplateBoard(find("sheet"), {
    select: (index) => { if (index !== selected) select(index); },
    changed: (index) => { touched(index); showProperties(); },
    remove: (index) => remove(index),
  });

  // ---- what is shown ----
  function draw() {
    const shown = fields.map((field, index) => ({ field, index })).filter((one) => isHere(one.field));
    board.draw(shown.map(({ field, index }) => ({
      index, field, label: labelOf(field), signed: isSigned(field), faulty: isFaulty(index),
      title: `${state.labels[field.kind]} ${labelOf(field)}，第 ${page + 1} 页`,
    })), selected);
    find("page-number").textContent = `第 ${page + 1} / ${pages} 页`;
    find("page-back").disabled = page === 0;
    find("page-on").disabled = page >= pages - 1;
    drawList();
  }

  function drawList() {
    find("count").textContent = `${fields.length} 个`;
    list.replaceChildren(...fields.map((field, index) => {
      const line = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = isFaulty(index) ? "faulty" : "";
      if (index === selected) button.setAttribute("aria-current", "true");
      const kind = document.createElement("small");
      kind.textContent = state.labels[field.kind] + (field.role ? ` · ${field.role}` : "");
      button.append(labelOf(field), kind);
      button.addEventListener("click", () => { turnTo(field); select(index); board.focus(index); });
      line.append(button);
      return line;
    }));
  }

  function turnTo(field) {
    if (field.rect) goTo(field.page === -1 ? pages - 1 : field.page || 0);
  }

  function select(index) {
    selected = index;
    showProperties();
    drawList();
  }

  const SHOWN_FOR = {
    role: (field) => isSigned(field) || field.kind === "attachment" || (ASKED.includes(field.kind) && !field.source),
    options: (field) => field.kind === "choice",
    columns: (field) => field.kind === "table",
    source: (field) => !state.open.includes(field.kind),
    sample: isFilled,
    size: (field) => !state.typst && (TYPED.includes(field.kind) || field.kind === "table"),
    align: (field) => !state.typst && TYPED.includes(field.kind),
    length_max: (field) => field.kind === "text",
    page: hasPlace,
    rect: hasPlace,
    keyword: isSigned,
  };

  function showProperties() {
    const field = fields[selected];
    panel.hidden = !field;
    if (!field) return;
    for (const input of inputs) fillInput(input, field);
    for (const part of panel.querySelectorAll("[data-prop]")) {
      const prop = part.dataset.prop;
      part.hidden = SHOWN_FOR[prop] ? !SHOWN_FOR[prop](field) : false;
      part.querySelector(".fault")?.remove();
      const fault = faultOf(selected, prop);
      part.classList.toggle("faulty", Boolean(fault));
      if (!fault) continue;
      const said = document.createElement("span");
      said.className = "fault";
      said.textContent = fault.message;
      part.append(said);
      const group = part.closest("details");
      if (group) group.open = true;
    }
    for (const group of panel.querySelectorAll("[data-group]")) {
      group.hidden = ![...group.querySelectorAll("[data-prop]")].some((part) => !part.hidden);
    }
    showSample(field);
    find("roles").replaceChildren(...[...new Set(fields.map((one) => one.role).filter(Boolean))].map((role) => new Option(role, role)));
  }

  const USUAL = { size: 10.5, align: "left", length_max: 2000, page: 0, required: true };

  function fillInput(input, field) {
    if (input === document.activeElement) return;
    const { name } = input;
    const at = ["left", "top", "width", "height"].indexOf(name);
    if (name === "source") {
      const others = fields.filter((one) => one !== field && isFilled(one));
      input.replaceChildren(new Option("自己的值", ""), ...others.map((one) => new Option(labelOf(one), one.name)));
      input.value = field.source || "";
    } else if (at >= 0) {
      const box = field.rect ? [field.rect[0], field.rect[1], field.rect[2] - field.rect[0], field.rect[3] - field.rect[1]] : [];
      input.value = box.length ? Math.round(box[at] * 1000) / 10 : "";
    } else if (input.type === "checkbox") {
      input.checked = field[name] ?? USUAL[name];
    } else if (name === "options" || name === "columns") {
      input.value = (field[name] || []).join("\n");
    } else if (name === "page") {
      input.value = field.page === -1 ? -1 : (field.page || 0) + 1;
    } else {
      input.value = field[name] ?? USUAL[name] ?? "";
    }
  }

  function readInput(input) {
    const field = fields[selected];
    if (!field) return;
    const { name } = input;
    if (["left", "top", "width", "height"].includes(name)) readBox(field);
    else if (name === "name") rename(field, input.value.trim());
    else if (name === "required") field.required = input.checked;
    else if (name === "page") readPage(field, Number(input.value));
    else if (name === "options" || name === "columns") {
      field[name] = input.value.split("\n").map((line) => line.trim()).filter(Boolean);
    } else if (input.type === "number") {
      if (input.value !== "") field[name] = Number(input.value);
    } else field[name] = input.value.trim();
    if (field[name] === "" && name !== "name") delete field[name];
    if (name === "kind" && !hasPlace(field)) delete field.rect;
    touched(selected);
    if (name === "kind" || name === "source") showProperties();
  }

  // People count pages from 1; -1 is the last one, however many there are.
  function readPage(field, number) {
    if (number) field.page = number < 0 ? -1 : Math.min(number, pages) - 1;
    goTo(field.page === -1 ? pages - 1 : field.page);
  }

  function readBox(field) {
    const [left, top, width, height] = ["left", "top", "width", "height"].map((name) => Number(panel.querySelector(`[name=${name}]`).value) / 100);
    field.rect = [left, top, left + width, top + height].map((side) => Math.round(side * 10000) / 10000);
  }

  function rename(field, name) {
    for (const other of fields) if (other.source === field.name) other.source = name;
    if (field.name in sample) { sample[name] = sample[field.name]; delete sample[field.name]; }
    field.name = name;
  }

  // ---- sample values ----
  function showSample(field) {
    const slot = find("sample-slot");
    if (slot.contains(document.activeElement)) return;
    slot.replaceChildren();
    if (!isFilled(field)) return;
    const input = sampleInput(field);
    input.addEventListener(input.type === "file" ? "change" : "input", async () => {
      const value = await sampleValue(field, input);
      if (value === "" || value === null) delete sample[field.name];
      else sample[field.name] = value;
      touched(selected);
    });
    slot.append(input);
  }

  function sampleInput(field) {
    const value = sample[field.name];
    if (field.kind === "choice") {
      const input = document.createElement("select");
      input.append(new Option("（不选）", ""), ...(field.options || []).map((one) => new Option(one, one)));
      input.value = value ?? "";
      return input;
    }
    const input = document.createElement(field.kind === "table" ? "textarea" : "input");
    if (field.kind === "table") {
      input.placeholder = "每行一条，列之间用逗号";
      input.value = (value || []).map((row) => row.join(",")).join("\n");
      return input;
    }
    input.type = { date: "date", checkbox: "checkbox", picture: "file" }[field.kind] || "text";
    if (field.kind === "checkbox") input.checked = Boolean(value);
    else if (field.kind === "picture") input.accept = "image/png,image/jpeg";
    else if (["amount", "amount_capitals"].includes(field.kind)) {
      input.placeholder = "元";
      input.value = typeof value === "number" ? (value / 100).toFixed(2) : value ?? "";
    } else input.value = value ?? "";
    return input;
  }

  async function sampleValue(field, input) {
    const text = input.value.trim();
    if (field.kind === "checkbox") return input.checked;
    if (field.kind === "picture") return input.files[0] ? (await asDataURL(input.files[0])).split(",")[1] : null;
    if (field.kind === "table") return text ? text.split("\n").map((line) => line.split(/[,，]/).map((cell) => cell.trim())) : null;
    if (text === "" || Number.isNaN(Number(text))) return text;
    if (field.kind === "number") return Number(text);
    return ["amount", "amount_capitals"].includes(field.kind) ? Math.round(Number(text) * 100) : text;
  }

  const asDataURL = (file) => new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = failed;
    reader.readAsDataURL(file);
  });

  // ---- adding and removing ----
  function add(kind, x = 0.5, y = 0.4) {
    let number = 1;
    while (fields.some((field) => field.name === `${kind}_${number}`)) number += 1;
    const field = { name: `${kind}_${number}`, kind, label: `${state.labels[kind]}${number}` };
    if (hasPlace(field)) {
      field.page = page;
      field.rect = board.boxAround(kind === "riding_seal" ? 1 : x, y, ...(SIZES[kind] || [60, 8]));
    }
    fields.push(field);
    selected = fields.length - 1;
    touched(selected);
    showProperties();
    board.focus(selected);
  }

  function remove(index) {
    const [gone] = fields.splice(index, 1);
    if (gone) delete sample[gone.name];
    faults = faults.filter((one) => one.index !== index).map((one) => (one.index > index ? { ...one, index: one.index - 1 } : one));
    selected = -1;
    touched(-1);
    showProperties();
  }

  function touched(index) {
    isDirty = true;
    faults = faults.filter((one) => one.index !== index);
    draw();
    if (state.typst) previewSoon();
  }

  // ---- pages ----
  function goTo(number) {
    if (number === page || number < 0 || number >= pages) return;
    page = number;
    if (state.typst) preview();
    else showPicture();
    draw();
  }

  function showPicture() {
    picture.src = `${state.picture.replace(/0\.png$/, `${page}.png`)}?v=${state.sha256.slice(0, 16)}`;
  }

  // ---- asking the server ----
  const body = (more) => JSON.stringify({ fields, sample, source: source ? source.value : "", ...more });

  const ask = (address, content, signal) => fetch(address, {
    method: "POST", body: content, signal, headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
  });

  let timer = 0;
  let running = null;

  function previewSoon() {
    clearTimeout(timer);
    timer = setTimeout(preview, WAIT);
  }

  async function preview() {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    find("sheet").classList.add("busy");
    try {
      const answer = await ask(state.preview, body({ page }), mine.signal);
      if (answer.ok) {
        pages = Number(answer.headers.get("X-Pages"));
        page = Number(answer.headers.get("X-Page"));
        picture.src = await asDataURL(await answer.blob());
        showFaults(null);
      } else showFaults(await told(answer));
    } catch (error) {
      if (error.name !== "AbortError") showFaults({ message: "预览没有完成，请稍候再试", faults: [], lines: [] });
    } finally {
      if (running === mine) find("sheet").classList.remove("busy");
    }
  }

  async function save() {
    const status = find("status");
    status.textContent = "正在保存…";
    let answer;
    try {
      answer = await ask(state.save, body({ sha256: digest, note: document.getElementById("note").value }));
    } catch {
      status.textContent = "没有保存：连不上服务器";
      return;
    }
    if (!answer.ok) {
      status.textContent = "没有保存";
      showFaults(await told(answer));
      return;
    }
    digest = (await answer.json()).sha256;
    isDirty = false;
    status.textContent = "已保存";
    showFaults(null);
  }

  async function told(answer) {
    const isOurs = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    return isOurs ? answer.json() : { message: "没有完成，请刷新页面再试", faults: [], lines: [] };
  }

  function showFaults(answer) {
    faults = (answer?.faults || []).map(placed).filter((one) => one.index >= 0 && fields[one.index]);
    find("alert").hidden = !answer;
    find("alert-text").textContent = answer?.message || "";
    find("lines").replaceChildren(...(answer?.lines || []).map((one) => {
      const line = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `到第 ${one.line} 行`;
      button.addEventListener("click", () => goToLine(one.line));
      line.append(button);
      return line;
    }));
    if (source) drawGutter((answer?.lines || []).map((one) => one.line));
    if (faults.length && !faults.some((one) => one.index === selected)) {
      selected = faults[0].index;
      turnTo(fields[selected]);
    }
    draw();
    showProperties();
  }

  function placed({ path, message }) {
    const [root, first, prop = "name"] = path.split(".");
    if (root === "fields") return { index: Number(first), prop, message };
    return { index: root === "sample" ? fields.findIndex((field) => field.name === first) : -1, prop: "sample", message };
  }

  // ---- the text ----
  function drawGutter(wrong) {
    const gutter = find("gutter");
    const count = source.value.split("\n").length;
    gutter.replaceChildren(...Array.from({ length: count }, (_, index) => {
      const line = document.createElement("div");
      line.textContent = index + 1;
      line.className = wrong.includes(index + 1) ? "faulty" : "";
      return line;
    }));
    gutter.scrollTop = source.scrollTop;
  }

  function goToLine(number) {
    const lines = source.value.split("\n");
    const start = lines.slice(0, number - 1).join("\n").length + (number > 1 ? 1 : 0);
    source.focus();
    source.setSelectionRange(start, start + (lines[number - 1] || "").length);
  }

  function insertClause(event) {
    const code = event.target.value;
    event.target.value = "";
    if (!code) return;
    const at = source.selectionEnd;
    source.setRangeText(`#include "/clauses/${code}.typ"\n`, at, at, "end");
    source.dispatchEvent(new Event("input"));
    source.focus();
  }

  // ---- listening ----
  for (const button of find("tools").querySelectorAll("[data-kind]")) {
    let dropped = false;
    button.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      document.addEventListener("pointerup", (up) => {
        const at = find("sheet").getBoundingClientRect();
        const [x, y] = [(up.clientX - at.left) / at.width, (up.clientY - at.top) / at.height];
        dropped = x >= 0 && x <= 1 && y >= 0 && y <= 1;
        if (dropped) add(button.dataset.kind, x, y);
      }, { once: true });
    });
    button.addEventListener("click", () => { if (!dropped) add(button.dataset.kind); dropped = false; });
  }
  for (const input of inputs) input.addEventListener("input", () => readInput(input));
  find("remove").addEventListener("click", () => remove(selected));
  find("save").addEventListener("click", save);
  find("page-back").addEventListener("click", () => goTo(page - 1));
  find("page-on").addEventListener("click", () => goTo(page + 1));
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); save(); }
  });
  window.addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });
  picture.addEventListener("load", draw);
  if (source) {
    source.addEventListener("input", () => { isDirty = true; drawGutter([]); previewSoon(); });
    source.addEventListener("scroll", () => { find("gutter").scrollTop = source.scrollTop; });
    find("clause")?.addEventListener("change", insertClause);
    drawGutter([]);
    preview();
  } else showPicture();
  draw();
})();
