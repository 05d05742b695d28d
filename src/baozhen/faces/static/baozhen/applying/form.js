// Shows what an answer makes needed. Without this file everything is shown, and nothing breaks.

const named = (name) => [...document.getElementsByName(name)];

const answer = (name) => {
  const inputs = named(name);
  const radios = inputs.filter((input) => input.type === "radio");
  if (radios.length) return radios.find((input) => input.checked)?.value ?? "";
  return inputs[0]?.value ?? "";
};

const isAsked = (condition) => {
  const other = condition.split("!=");
  if (other.length === 2) return !["", other[1]].includes(answer(other[0]));
  const [name, value] = condition.split("=");
  return answer(name) === value;
};

const conditional = [...document.querySelectorAll("[data-when]")];
const refresh = () => {
  for (const part of conditional) part.hidden = !isAsked(part.dataset.when);
  for (const tick of document.querySelectorAll('input[name$=".forever"]')) {
    const day = document.getElementsByName(tick.name.replace(/\.forever$/, ""))[0];
    if (day) day.disabled = tick.checked;
  }
};

document.addEventListener("change", refresh);
window.addEventListener("pageshow", refresh);
refresh();
