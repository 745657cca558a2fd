// Draws the diagram of a case with its tokens. Loaded by the page of a case only.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";

const box = document.querySelector("[data-diagram]");

async function json(address) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

async function text(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}

function mark(viewer, elements, label) {
  const canvas = viewer.get("canvas");
  const overlays = viewer.get("overlays");
  const registry = viewer.get("elementRegistry");
  for (const id of elements) {
    if (!registry.get(id)) continue;
    canvas.addMarker(id, "token");
    const note = document.createElement("div");
    note.className = "token-note";
    note.textContent = label;
    overlays.add(id, "token", { position: { top: -14, left: 8 }, html: note });
  }
}

const READABLE = 0.62; // below this scale the names inside the shapes cannot be read

// The whole diagram when it can be read whole; otherwise the part where the case stands.
function frame(viewer, box, elements) {
  const canvas = viewer.get("canvas");
  const { inner } = canvas.viewbox();
  const wanted = (box.clientWidth / Math.max(inner.width, 1)) * inner.height + 60;
  box.style.height = `${Math.round(Math.min(Math.max(wanted, 280), window.innerHeight * 0.65))}px`;
  canvas.resized();
  canvas.zoom("fit-viewport", "auto");
  const here = elements.map((id) => viewer.get("elementRegistry").get(id)).find(Boolean);
  if (here && canvas.zoom() < READABLE) {
    canvas.zoom(0.8);
    canvas.scrollToElement(here, Math.min(box.clientWidth, box.clientHeight) / 3);
  }
}

async function show(box) {
  const tabs = [...document.querySelectorAll("[data-diagram-tab]")];
  const tools = document.querySelector("[data-diagram-tools]");
  const viewer = new NavigatedViewer({ container: box });
  const tokens = (await json(box.dataset.tokens)).elements;
  const open = async (address) => {
    await viewer.importXML(await text(address));
    const here = tokens[address.split("/").at(-1)] ?? [];
    frame(viewer, box, here);
    mark(viewer, here, box.dataset.here);
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.diagramTab === address));
  };

  await open(box.dataset.diagram);
  tools.hidden = false;
  for (const tab of tabs) tab.addEventListener("click", () => open(tab.dataset.diagramTab));
  tools.addEventListener("click", (event) => {
    const step = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (!step) return;
    const canvas = viewer.get("canvas");
    if (step === "fit") canvas.zoom("fit-viewport", "auto");
    else canvas.zoom(canvas.zoom() * (step === "in" ? 1.25 : 0.8));
  });
}

if (box) {
  show(box).catch((problem) => {
    box.textContent = box.dataset.failed;
    console.error(problem);
  });
}
