// On paper every answer is text; before printing that text is brought up to date with what was typed.

/** Keeps the printed answers of a form those on the screen. */
export function readyForPaper(form) {
  addEventListener("beforeprint", () => {
    for (const paper of form.querySelectorAll("[data-carta]")) paper.textContent = answer(paper.parentElement) || "—";
  });
}

function answer(field) {
  const controls = [...field.querySelectorAll("input:not([type=hidden]):not([type=search]), select, textarea")];
  return controls.map(shown).filter(Boolean).join(" ").trim();
}

function shown(control) {
  if (control.type === "checkbox" || control.type === "radio") {
    const alone = control.closest(".campo-checkbox");
    if (alone) return control.checked ? "✓" : "✗";
    return control.checked ? `${control.labels[0].textContent.trim()};` : "";
  }
  if (control.type === "file") return [...control.files].map((file) => file.name).join(", ");
  if (control.tagName === "SELECT") return control.value ? control.selectedOptions[0].textContent : "";
  if (control.type === "date" && control.value) return control.value.split("-").reverse().join("/");
  const unit = control.parentElement.querySelector(".input-group-text");
  return control.value && unit ? `${control.value} ${unit.textContent}` : control.value;
}
