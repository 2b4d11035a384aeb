// The editor of scripts: line numbers, marks, keys, and what is asked of the server while somebody types.
"use strict";

const LINT_AFTER = 400; // milliseconds without a key
const PLACE_AFTER = 120;
const text = document.getElementById("script-text");
const form = document.getElementById("script-form");
const gutter = document.createElement("div");

// --- line numbers, with a mark where a problem is ---------------------------------------------------------------------
gutter.className = "gutter";
gutter.setAttribute("aria-hidden", "true"); // problems name their lines; numbers of all lines only disturb
text.before(gutter);

function drawGutter() {
  const count = text.value.split("\n").length;
  while (gutter.childElementCount > count) gutter.lastElementChild.remove();
  while (gutter.childElementCount < count) {
    const line = document.createElement("span");
    line.textContent = gutter.childElementCount + 1;
    gutter.append(line);
  }
  gutter.scrollTop = text.scrollTop;
}

let marked = new Map();

function drawMarks() {
  const marks = new Map();
  for (const one of document.querySelectorAll("#problems li[data-line]")) {
    if (marks.get(one.dataset.line) !== "error") marks.set(one.dataset.line, one.dataset.severity);
  }
  for (const line of new Set([...marked.keys(), ...marks.keys()])) {
    const span = gutter.children[line - 1];
    if (span) span.dataset.mark = marks.get(line) ?? "";
  }
  marked = marks;
}

text.addEventListener("scroll", () => (gutter.scrollTop = text.scrollTop));
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.sourceElement?.id !== "hints") drawMarks();
});

// --- the linter and the hints -----------------------------------------------------------------------------------------
let lintTimer;
let placeTimer;
let wasLive = isLive();

function isLive() {
  return text.value.length <= Number(text.dataset.most);
}

function askLint() {
  clearTimeout(lintTimer);
  // Once more when the text becomes too long: the answer says that it is not checked any more.
  if (isLive() || wasLive) {
    lintTimer = setTimeout(() => htmx.trigger(document.getElementById("problems"), "lint"), LINT_AFTER);
  }
  wasLive = isLive();
}

function askPlace(then = PLACE_AFTER) {
  clearTimeout(placeTimer);
  placeTimer = setTimeout(() => {
    if (document.activeElement !== text || text.selectionStart !== text.selectionEnd) return;
    if (!isLive()) return;
    form.elements.offset.value = [...text.value.slice(0, text.selectionStart)].length; // the server counts characters
    htmx.trigger(document.getElementById("hints"), "place");
  }, then);
}

text.addEventListener("input", () => {
  drawGutter();
  askLint();
  askPlace();
});
form.elements.params.addEventListener("input", askLint);
document.addEventListener("selectionchange", () => document.activeElement === text && askPlace());

// --- keys -----------------------------------------------------------------------------------------------------------
text.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.metaKey) return;
  if (event.key === " " && event.ctrlKey) return complete(event);
  if (event.ctrlKey) return;
  if (event.key === "Tab") return indent(event);
  if (event.key === "Enter") return newLine(event);
});

// Through the browser, so that it can be undone.
function write(written, from = text.selectionStart, to = text.selectionEnd) {
  text.focus();
  text.setSelectionRange(from, to);
  if (written ? document.execCommand("insertText", false, written) : document.execCommand("delete")) return;
  text.setRangeText(written, from, to, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function lineStart(at) {
  return text.value.lastIndexOf("\n", at - 1) + 1;
}

function indent(event) {
  event.preventDefault();
  const start = lineStart(text.selectionStart);
  if (!event.shiftKey && text.selectionStart === text.selectionEnd) return write("  ");
  const [from, to] = [text.selectionStart, text.selectionEnd];
  const lines = text.value.slice(start, to).split("\n");
  const moved = lines.map((line) => (event.shiftKey ? line.replace(/^ {1,2}/, "") : `  ${line}`));
  if (moved.join("\n") === lines.join("\n")) return;
  write(moved.join("\n"), start, to);
  const shift = moved.join("\n").length - lines.join("\n").length;
  text.setSelectionRange(Math.max(start, from + moved[0].length - lines[0].length), to + shift);
}

function newLine(event) {
  const before = text.value.slice(lineStart(text.selectionStart), text.selectionStart);
  const [, blanks, dash] = /^( *)(- +)?/.exec(before);
  const deeper = /(^|\s)[\w$.-]+:$/.test(before.trimEnd()) || /[|>][-+0-9]*$/.test(before.trimEnd()) ? "  " : "";
  const pad = blanks + (dash ? " ".repeat(dash.length) : "") + deeper;
  if (!pad) return;
  event.preventDefault();
  write(`\n${pad}`);
}

// --- completion: one option is inserted at once, of several one is chosen -----------------------------------------------
let isCompleting = false;

function complete(event) {
  event.preventDefault();
  isCompleting = true;
  askPlace(0);
}

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.sourceElement?.id !== "hints" || !isCompleting) return;
  isCompleting = false;
  const options = document.querySelectorAll("#hints [data-insert]");
  if (options.length === 1) insert(options[0]);
  else if (options.length) options[0].focus();
  else say("Nothing is known to stand here.");
});

function insert(option) {
  const at = text.selectionStart;
  const replaces = Number(option.closest("[data-replaces]").dataset.replaces);
  write(option.dataset.insert, Math.max(0, at - replaces), at);
}

document.getElementById("hints").addEventListener("click", (event) => {
  const option = event.target.closest("[data-insert]");
  if (option) insert(option);
});

document.getElementById("hints").addEventListener("keydown", (event) => {
  const options = [...document.querySelectorAll("#hints [data-insert]")];
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (event.key === "Escape") text.focus();
  else if (by) options[(options.indexOf(document.activeElement) + by + options.length) % options.length]?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
});

// --- from a problem to its line -------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const problem = event.target.closest("#problems a.at")?.closest("li");
  if (!problem) return;
  event.preventDefault();
  goTo(Number(problem.dataset.line), Number(problem.dataset.column));
});

function goTo(line, column) {
  const lines = text.value.split("\n").slice(0, line);
  const start = lines.slice(0, -1).reduce((sum, one) => sum + one.length + 1, 0);
  const at = start + Math.min([...(lines.at(-1) ?? "")].slice(0, column - 1).join("").length, lines.at(-1)?.length ?? 0);
  text.focus();
  text.setSelectionRange(at, at);
  const height = text.scrollHeight / text.value.split("\n").length;
  text.scrollTop = Math.max(0, (line - 4) * height);
}

// --- nothing that was typed is lost by leaving ------------------------------------------------------------------------
let kept = text.value;
let sent = null;

form.addEventListener("submit", () => (sent = text.value));
document.addEventListener("htmx:after:swap", (event) => {
  if (sent === null || event.detail.ctx?.sourceElement !== form) return;
  if (!document.querySelector("#page .refused")) kept = sent;
  sent = null;
});
document.addEventListener("htmx:error", () => (sent = null));
addEventListener("beforeunload", (event) => {
  if (text.value !== kept && sent === null) event.preventDefault();
});

drawGutter();
drawMarks();
