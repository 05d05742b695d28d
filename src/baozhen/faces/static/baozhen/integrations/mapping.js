// Rows of a field mapping come and go without a round trip; without this the server does it.
const rows = document.querySelector("[data-rows]");
const blank = document.querySelector("[data-blank]");
const ROWS_MAX = 200;

let next = rows.children.length;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-remove]");
  if (!button) return;
  event.preventDefault();
  if (button.matches("[data-remove]")) {
    const row = button.closest("[data-row]");
    const neighbour = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    (neighbour || document).querySelector("select, [data-add]").focus();
    return;
  }
  if (rows.children.length >= ROWS_MAX) return;
  const row = blank.content.cloneNode(true);
  const number = String(next);
  next += 1;
  row.querySelector("[name=row]").value = number;
  for (const control of row.querySelectorAll("[name$='-0000']")) {
    control.name = control.name.replace("-0000", `-${number}`);
  }
  row.querySelector("[data-remove]").value = `remove-${number}`;
  rows.append(row);
  rows.lastElementChild.querySelector("select").focus();
});
