// Keeps a draft on the server a few seconds after each change and when the page is left. When the session is over the
// answers wait in this browser, under the person's and the task's name, and come back after signing in.
import { typed } from "./redraw.js";

const PAUSE = 3000;
const AGAIN = 15000;
const KEEPALIVE_BYTES = 60000;
const PREFIX = "patti:bozza:";
const KEPT_FOR = 7 * 24 * 60 * 60 * 1000;

/** Starts keeping drafts of a form that says where (`data-bozza-url`) and for whom (`data-bozza-chiave`). */
export function keepDrafts(form, redraw) {
  const { bozzaUrl: url, bozzaChiave: key } = form.dataset;
  if (!url || !key) return;
  const status = form.querySelector("[data-bozza-stato]");
  let timer = 0;
  let dirty = false;
  let leaving = false;

  const say = (text) => {
    status.classList.remove("modulo-bozza--avviso");
    status.textContent = text;
  };
  const warn = (text, link) => {
    say(text);
    status.classList.add("modulo-bozza--avviso");
    if (link && form.dataset.accessoUrl) {
      const anchor = document.createElement("a");
      anchor.href = form.dataset.accessoUrl;
      anchor.textContent = form.dataset.testoAccedi;
      status.append(" ", anchor);
    }
  };

  /** Saves now; "saved", "signed-out", "refused" or "offline". */
  async function save({ last = false } = {}) {
    clearTimeout(timer);
    const answers = typed(form);
    const body = answers.toString();
    dirty = false;
    let answer;
    try {
      answer = await fetch(url, {
        method: "POST",
        body: answers,
        headers: { "X-Requested-With": "fetch", "X-CSRFToken": answers.get("csrf_token") ?? "", Accept: "application/json" },
        credentials: "same-origin",
        redirect: "manual",
        keepalive: last && body.length < KEEPALIVE_BYTES,
      });
    } catch {
      dirty = true;
      if (!last) {
        warn(form.dataset.testoRete);
        timer = setTimeout(save, AGAIN);
      }
      return "offline";
    }
    if (answer.ok) {
      forget(key);
      const now = new Date().toLocaleTimeString("it-IT", { hour: "2-digit", minute: "2-digit" });
      say(form.dataset.testoSalvata.replace("{ora}", now));
      return "saved";
    }
    if (answer.status === 401 || answer.status === 400 || answer.type === "opaqueredirect") {
      keep(key, answers);
      warn(form.dataset.testoScaduta, true);
      return "signed-out";
    }
    warn(form.dataset.testoRifiutata);
    return "refused";
  }

  const later = () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("modulo:cambiato", later);
  addEventListener("pagehide", () => dirty && !leaving && save({ last: true }));
  form.addEventListener("submit", (event) => {
    if (leaving || event.submitter?.name?.startsWith("_aggi") || event.submitter?.name === "_togli") return;
    event.preventDefault();
    event.stopPropagation();
    say(form.dataset.testoSalvo);
    save().then((outcome) => {
      if (outcome === "signed-out" || outcome === "offline") return; // the page that holds the answers stays
      forget(key);
      leaving = true;
      form.requestSubmit(event.submitter);
      leaving = false;
    });
  });
  forgetOld();
  restore(form, key, redraw, say);
}

async function restore(form, key, redraw, say) {
  const kept = read(key);
  if (!kept) return;
  const answers = new URLSearchParams(kept.answers);
  answers.set("csrf_token", form.elements.csrf_token?.value ?? "");
  if (await redraw({ _aggiorna: "1" }, { whole: true, answers })) say(form.dataset.testoRipresa);
}

function keep(key, answers) {
  answers.delete("csrf_token");
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify({ answers: answers.toString(), when: Date.now() }));
  } catch {
    // the browser keeps nothing (private window, no room): the page still holds what was typed
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key));
  } catch {
    return null;
  }
}

/** What nobody came back for does not stay on a computer that others use. */
function forgetOld() {
  try {
    for (const name of Object.keys(localStorage))
      if (name.startsWith(PREFIX) && !(Date.now() - read(name.slice(PREFIX.length))?.when < KEPT_FOR))
        localStorage.removeItem(name);
  } catch {
    // nothing was kept
  }
}

function forget(key) {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // nothing was kept
  }
}
