// Keys: / j k ? and g with a letter. Never while somebody types, in a dialog, or with Ctrl, Alt or Meta.
"use strict";

// What j and k go through; pages mark other rows with data-row.
const ROWS = "#page :is([data-row], table.list > tbody > tr, .cards > .card)";
const SEARCH = "#page :is([data-search], input[type=search], .toolbar input:not([type=hidden]), .toolbar select)";

let isAfterG = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]") || remembered("emulator-keys") === "off") return;
  const goes = isAfterG;
  isAfterG = false;
  if (goes ? go(event.key) : act(event.key)) event.preventDefault();
});

function isTyping(element) {
  return isField(element) || element.matches("select, [contenteditable]");
}

function act(key) {
  switch (key) {
    case "/":
      return focus(document.querySelector(SEARCH));
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "g":
      return (isAfterG = true);
    case "?":
      document.getElementById("keys").showModal();
      return true;
    default:
      return false;
  }
}

function focus(element) {
  if (!element) return false;
  element.focus();
  element.select?.();
  return true;
}

function go(key) {
  const tab = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  tab?.click();
  return Boolean(tab);
}

// The focus goes to the first link of a row, so that Enter opens it and readers hear it.
function move(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility());
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
  if (!row) return false;
  const target = row.matches("a") ? row : (row.querySelector("a[href], summary, button") ?? row);
  if (target === row && !row.hasAttribute("tabindex")) row.tabIndex = -1;
  target.focus();
  row.scrollIntoView({ block: "nearest" });
  return true;
}

const switched = document.getElementById("keys-on");
switched.checked = remembered("emulator-keys") !== "off";
switched.addEventListener("change", () => remember("emulator-keys", switched.checked ? "on" : "off"));
