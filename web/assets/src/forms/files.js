// Tells at once that a file is too big or of the wrong kind; the server has the last word.

/** Watches the file fields of a form. */
export function watchFiles(form) {
  form.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file") return;
    const problem = [...input.files].map((file) => complaint(form, input, file)).find(Boolean);
    show(input, problem ?? "");
    if (problem) input.value = "";
  });
}

function complaint(form, input, file) {
  const most = Number(input.dataset.mb);
  if (most && file.size > most * 1024 * 1024)
    return form.dataset.testoGrande.replace("{file}", file.name).replace("{mb}", most);
  const kinds = input.accept.split(",").map((kind) => kind.trim().toLowerCase()).filter(Boolean);
  const fits = kinds.some((kind) =>
    kind.startsWith(".") ? file.name.toLowerCase().endsWith(kind) : file.type.startsWith(kind.replace(/\*$/, "")));
  if (kinds.length && !fits) return form.dataset.testoTipo.replace("{file}", file.name).replace("{tipi}", input.accept);
  return null;
}

function show(input, problem) {
  const id = `${input.id}-errore`;
  let note = document.getElementById(id);
  if (!note && problem) {
    note = document.createElement("p");
    note.id = id;
    note.className = "campo-sbaglio";
    note.setAttribute("role", "alert");
    input.before(note);
    input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
  }
  if (note) note.textContent = problem;
  if (problem) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}
