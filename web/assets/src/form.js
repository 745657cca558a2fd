// Makes a form quicker to fill in; without it the same form works with the buttons on the page.
import { keepDrafts } from "./forms/draft.js";
import { watchFiles } from "./forms/files.js";
import { readyForPaper } from "./forms/paper.js";
import { redrawOnChange } from "./forms/redraw.js";
import { filterTags } from "./forms/tags.js";

for (const form of document.querySelectorAll("form[data-modulo]")) {
  form.classList.add("modulo--vivo");
  filterTags(form);
  watchFiles(form);
  readyForPaper(form);
  const redraw = redrawOnChange(form);
  keepDrafts(form, redraw);
  form.querySelector("[data-errori]")?.focus();
}
