// What pages do beside htmx: the theme, copying, asking before something is lost, and regions that wait for a reader.
// Everything listens on the document, so that what htmx inserts later does the same.
"use strict";

// --- the theme: the system's, or the one that was chosen (theme.js sets it before anything is drawn) ----------------
const theme = document.getElementById("theme");
theme.value = document.documentElement.dataset.theme ?? "system";
theme.addEventListener("change", () => {
  const root = document.documentElement;
  if (theme.value === "system") delete root.dataset.theme;
  else root.dataset.theme = theme.value;
  remember("emulator-theme", theme.value);
});

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing.
  }
}

function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

// --- what is said to people who do not see it ------------------------------------------------------------------------
function say(text) {
  const said = document.getElementById("said");
  said.textContent = "";
  setTimeout(() => (said.textContent = text), 50); // the same words again are news only after none
}

// --- copying: data-copy="a text", or data-copy-from="the id of an element" -----------------------------------------
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const from = document.getElementById(button.dataset.copyFrom);
  const text = button.dataset.copy ?? from?.value ?? from?.textContent ?? "";
  const copied = await copy(text);
  const label = (button.dataset.label ??= button.textContent);
  button.textContent = copied ? "Copied" : "Select and copy";
  say(copied ? "Copied" : "The browser does not let this page copy; select the text instead.");
  setTimeout(() => (button.textContent = label), 1500);
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // no clipboard by HTTP from another machine
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return copied;
}

// --- forms with data-confirm="what is lost?" ask first -----------------------------------------------------------------
const confirmed = new WeakSet();
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (!question || confirmed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(question, event.submitter, () => {
      confirmed.add(form);
      form.requestSubmit(event.submitter);
    });
  },
  true, // before htmx, which listens on the form
);

function ask(question, submitter, then) {
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-text").textContent = question;
  document.getElementById("confirm-yes").textContent = submitter?.textContent.trim() || "Continue";
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && then(), { once: true });
  dialog.showModal();
}

// --- links that open a dialog of the page instead: data-opens="its id" -----------------------------------------------
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opens]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  document.getElementById(link.dataset.opens).showModal();
});

// --- regions drawn anew in place wait for whoever selects in them or types in them -------------------------------------
const waiting = new Set();

function isInUse(region) {
  const selection = getSelection();
  const selects = !selection.isCollapsed && selection.rangeCount > 0 && selection.getRangeAt(0).intersectsNode(region);
  return selects || (region.contains(document.activeElement) && isField(document.activeElement));
}

function isField(element) {
  return element.matches("input:not([type=button], [type=submit], [type=checkbox], [type=radio]), textarea, select") || element.isContentEditable;
}

for (const moment of ["htmx:before:request", "htmx:before:swap"]) {
  document.addEventListener(moment, (event) => {
    const region = event.detail.ctx.sourceElement;
    if (!region.matches("[data-refreshed]") || !isInUse(region)) return;
    event.preventDefault();
    waiting.add(region);
  });
}

function refreshWaiting() {
  for (const region of waiting) {
    if (region.isConnected && isInUse(region)) continue;
    waiting.delete(region);
    if (region.isConnected) htmx.trigger(region, "refresh");
  }
}

document.addEventListener("selectionchange", refreshWaiting);
document.addEventListener("focusout", () => setTimeout(refreshWaiting));

// --- answers that are no page: a refusal of the guard, or a server that failed or is gone -----------------------------
document.addEventListener("htmx:before:swap", (event) => {
  const { response, sourceElement, text } = event.detail.ctx;
  const type = response?.headers.get("content-type") ?? "";
  if (!response || type.startsWith("text/event-stream")) return; // a row of what happens
  const isPage = type.startsWith("text/html");
  if (isPage && (response.status < 400 || !sourceElement.matches("[data-refreshed]"))) return;
  event.preventDefault(); // a region whose page has gone shows what was there last
  if (!isPage) refuse(messageOf(text));
});

document.addEventListener("htmx:error", (event) => {
  if (event.target.matches?.("form")) refuse("The server does not answer. Is it still running?");
});

function messageOf(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return "The server answered with something that is no page.";
  }
}

function refuse(message) {
  const notice = document.getElementById("notice");
  notice.className = "refused";
  notice.replaceChildren(Object.assign(document.createElement("p"), { textContent: message }));
}

// --- who worked with the keyboard on what a swap has removed goes on at the page's beginning --------------------------
let focusedBefore = null;
document.addEventListener("htmx:before:swap", () => (focusedBefore = document.activeElement));
document.addEventListener("htmx:after:swap", () => {
  if (focusedBefore && focusedBefore !== document.body && !focusedBefore.isConnected) {
    document.getElementById("page").focus({ preventScroll: true });
  }
  focusedBefore = null;
});
