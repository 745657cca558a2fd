// What every page carries, all of it optional: the pages work without JavaScript.
import "./scripts/menus.js";
import "./scripts/buttons.js";
