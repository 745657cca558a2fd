// Asks the server to draw the form again for the answers given so far, and changes on the page only what differs:
// the conditions are evaluated in one place, what is being typed stays as it is.
import { filterTags } from "./tags.js";

const PAUSE = 250;
const BUTTONS = "button[name=_aggiungi], button[name=_togli], button[name=_aggiorna]";

/** Everything typed in the form, files left out, as the server reads it. */
export function typed(form) {
  const data = new FormData(form);
  for (const [name, value] of [...data.entries()]) if (value instanceof File) data.delete(name);
  return new URLSearchParams([...data.entries()]);
}

/** Starts redrawing; gives back a function that redraws now with extra fields, replacing what they stand for. */
export function redrawOnChange(form) {
  let timer = 0;
  let latest = 0;
  let rows = Promise.resolve(); // a row that is being added or removed: no later redraw overtakes it

  async function redraw(...asked) {
    const turn = ++latest;
    form.setAttribute("aria-busy", "true");
    const done = await draw(turn, ...asked);
    if (turn === latest && !timer) form.removeAttribute("aria-busy");
    return done;
  }

  async function draw(turn, extra = {}, { whole = false, answers = typed(form) } = {}) {
    for (const [name, value] of Object.entries(extra)) answers.set(name, value);
    let text;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: answers,
        headers: { "X-Requested-With": "fetch", Accept: "text/html" },
        credentials: "same-origin",
      });
      if (!answer.ok || answer.redirected) return false;
      text = await answer.text();
    } catch {
      return false;
    }
    if (turn !== latest) return true;
    const drawn = new DOMParser().parseFromString(text, "text/html").getElementById(form.id);
    if (!drawn) return false;
    const [here, there] = [form, drawn].map((one) => one.querySelector(":scope > [data-contenitore]"));
    const list = extra._aggiungi ?? extra._togli?.replace(/\[\d+\]$/, "");
    if (!whole && !("_togli" in extra)) keepTypedSince(answers, form, drawn);
    const changed = whole ? replaceInside(here, there) : bringInLine(here, there, list);
    if (changed) announce(form);
    filterTags(form);
    form.querySelector("[data-contenitore] [autofocus]")?.focus();
    form.dispatchEvent(new Event("modulo:cambiato"));
    return true;
  }

  form.addEventListener("change", (event) => {
    if (!("dinamico" in form.dataset) || !event.target.closest("[data-osservato]")) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      rows.then(() => redraw({ _aggiorna: "1" }));
    }, PAUSE);
    form.setAttribute("aria-busy", "true");
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest(BUTTONS);
    if (!button || button.dataset.semplice) return;
    event.preventDefault();
    clearTimeout(timer);
    timer = 0;
    rows = rows.then(() => redraw({ [button.name]: button.value })).then((done) => {
      if (done) return;
      button.dataset.semplice = "1";
      button.click();
      delete button.dataset.semplice;
    });
  });
  return redraw;
}

function announce(form) {
  const place = form.querySelector("[data-annuncio]");
  place.textContent = "";
  setTimeout(() => (place.textContent = form.dataset.testoAggiornate), 50);
}

function replaceInside(here, there) {
  here.replaceChildren(...there.childNodes);
  return true;
}

/** What was typed or chosen while the server was drawing goes into the new drawing too; a chosen file always does. */
function keepTypedSince(sent, form, drawn) {
  for (const field of form.querySelectorAll("[data-contenitore] [name][id]")) {
    const twin = drawn.querySelector(`#${CSS.escape(field.id)}`);
    if (!twin || twin.name !== field.name || twin.type !== field.type) continue;
    if (field.type === "file") twin.files = field.files;
    else if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked !== sent.getAll(field.name).includes(field.value)) twin.checked = field.checked;
    } else if (!sent.getAll(field.name).includes(field.value)) {
      if (field.type !== "select-one" || [...twin.options].some((one) => one.value === field.value)) twin.value = field.value;
    }
  }
}

/** Makes the children of one container those of the other; true when something people see changed. */
function bringInLine(here, there, list) {
  let changed = false;
  const known = new Map([...here.children].filter((one) => one.dataset.campo).map((one) => [one.dataset.campo, one]));
  let place = here.firstElementChild;
  for (const wanted of [...there.children]) {
    const name = wanted.dataset.campo;
    if (!name) continue;
    let present = known.get(name);
    known.delete(name);
    if (!present) {
      here.insertBefore(wanted, place);
      changed ||= !wanted.hidden;
      continue;
    }
    if (present.dataset.firma !== wanted.dataset.firma || name === list) {
      present = exchange(present, wanted, () => place, (next) => (place = next));
      changed = true;
    } else {
      changed = bringInside(present, wanted, list) || changed;
    }
    if (present === place) place = present.nextElementSibling;
    else here.insertBefore(present, place);
  }
  for (const gone of known.values()) {
    changed ||= !gone.hidden;
    if (gone === place) place = gone.nextElementSibling;
    gone.remove();
  }
  return changed;
}

function bringInside(present, wanted, list) {
  const pick = (one) => one.querySelector(":scope > * > [data-contenitore]");
  const [inner, outer] = [pick(present), pick(wanted)];
  return inner && outer ? bringInLine(inner, outer, list) : false;
}

/** Puts the new element where the old one was, with the focus where it was when its field is still there. */
function exchange(present, wanted, place, setPlace) {
  const focused = present.contains(document.activeElement) ? document.activeElement.id : "";
  const was = place() === present;
  present.replaceWith(wanted);
  if (was) setPlace(wanted);
  if (focused) document.getElementById(focused)?.focus();
  return wanted;
}
