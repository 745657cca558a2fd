// What every page carries: the few moving parts of Bootstrap Italia that are used, and htmx for small updates.
// All pages work without it.
import "bootstrap-italia/dist/plugins/init.js";
import "bootstrap-italia/dist/plugins/accordion.js";
import "bootstrap-italia/dist/plugins/collapse.js";
import "bootstrap-italia/dist/plugins/dropdown.js";
import "bootstrap-italia/dist/plugins/modal.js";
import "bootstrap-italia/dist/plugins/navbar-collapsible.js";
import "bootstrap-italia/dist/plugins/notification.js";
import "bootstrap-italia/dist/plugins/tab.js";
import "bootstrap-italia/dist/plugins/toast.js";
import htmx from "htmx.org/dist/htmx.esm.js";

// the content security policy allows neither inline styles nor evaluated code
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
