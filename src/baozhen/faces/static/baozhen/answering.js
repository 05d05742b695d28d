// Questions that depend on other answers appear when these ask for them. The server decides; without
// this script all of them are there.
const form = document.querySelector("[data-answers]");
const TERM = /([a-z_]\w*)\s*(!=|>=|<=|=|>|<)\s*(?:"([^"]*)"|“([^”]*)”|(-?\d+(?:\.\d+)?)|(true|false))/g;

function said(name) {
  const given = form.elements[`answer.${name}`];
  if (!given) return undefined;
  return given.type === "checkbox" ? given.checked : given.value;
}

function holds([, name, operator, straight, curly, number, truth]) {
  const found = said(name);
  if (found === undefined) return true; // something that was filled in before: shown, to be sure
  const wanted = straight ?? curly ?? (truth ? truth === "true" : Number(number));
  const value = number === undefined ? found : Number(found);
  if (operator === "=") return value === wanted;
  if (operator === "!=") return value !== wanted;
  if (found === "") return false;
  if (operator === ">") return value > wanted;
  if (operator === ">=") return value >= wanted;
  return operator === "<" ? value < wanted : value <= wanted;
}

function show() {
  for (const card of form.querySelectorAll("[data-when]")) {
    const groups = card.dataset.when.split(/\s+or\s+/);
    card.hidden = !groups.some((group) => [...group.matchAll(TERM)].every(holds));
  }
}

form.addEventListener("input", show);
show();
form.querySelector(".faulty input, .faulty textarea")?.focus();
