// A long list of boxes to tick gets a field that filters it and a line that says what is ticked.
const WORTH_FILTERING = 7;

/** Prepares the tag lists of a form that are not prepared yet. */
export function filterTags(form) {
  for (const list of form.querySelectorAll("fieldset[data-voci]:not([data-pronto])")) prepare(form, list);
}

function prepare(form, list) {
  list.dataset.pronto = "";
  const boxes = [...list.querySelectorAll(".campo-scelte .form-check")];
  const summary = document.createElement("p");
  summary.className = "campo-voci-scelte";
  const tell = () => {
    const chosen = boxes.filter((box) => box.querySelector("input").checked).map((box) => box.textContent.trim());
    summary.textContent = chosen.length
      ? form.dataset.testoScelte.replace("{elenco}", chosen.join(", "))
      : form.dataset.testoNessuna;
  };
  list.addEventListener("change", tell);
  tell();
  const scroll = list.querySelector(".campo-scelte");
  list.insertBefore(summary, scroll);
  if (boxes.length >= WORTH_FILTERING) list.insertBefore(filter(form, list, boxes), scroll);
}

function filter(form, list, boxes) {
  const id = `${list.id}-filtro`;
  const box = document.createElement("div");
  box.className = "campo-filtro";
  const label = document.createElement("label");
  label.htmlFor = id;
  label.className = "campo-parte";
  label.textContent = form.dataset.testoCerca;
  const input = document.createElement("input");
  Object.assign(input, { id, type: "search", className: "form-control", autocomplete: "off" });
  const found = document.createElement("p");
  found.className = "visually-hidden";
  found.setAttribute("role", "status");
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = plain(input.value);
    const shown = boxes.filter((one) => !(one.hidden = !plain(one.textContent).includes(wanted)));
    found.textContent = wanted ? form.dataset.testoTrovate.replace("{n}", shown.length) : "";
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  box.append(label, input, found);
  return box;
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
