// What is new: the page connects to its live stream once somebody sees it, and rows wait behind a button.
"use strict";

// A tab in the background has no stream: a browser opens six connections to a server, of all its tabs together. Once a
// tab has been seen, the extension itself lets go of the stream while it is hidden, and comes back behind what it knows.
const connected = new WeakMap(); // the element -> the address that it reads, or begins to read

function connect() {
  const live = document.getElementById("live");
  if (live && !document.hidden && !isConnected(live)) htmx.trigger(live, "seen");
}

function isConnected(live) {
  return connected.get(live) === live.getAttribute("hx-sse:connect");
}

document.addEventListener("htmx:before:request", (event) => {
  const live = event.target;
  if (live.id !== "live") return;
  if (isConnected(live)) event.preventDefault();
  else connected.set(live, live.getAttribute("hx-sse:connect"));
});

// Which of these finds the element ready for it depends on what has loaded first.
for (const moment of ["htmx:after:process", "htmx:after:swap", "visibilitychange"]) document.addEventListener(moment, connect);
connect();

// The count stands in the button itself, so whatever draws the page anew begins it anew.
document.addEventListener("changed", (event) => {
  const button = document.getElementById("news");
  if (event.target.id !== "live" || !button) return;
  const happened = JSON.parse(event.detail.data);
  const added = button.dataset.counts.split(" ").reduce((sum, what) => sum + happened[what], 0);
  if (!added) return;
  const count = Number(button.dataset.count ?? 0) + added;
  button.dataset.count = count;
  button.textContent = `${count.toLocaleString("en")} new`;
  button.hidden = false;
});

// The extension comes back by itself, but for a stream that has never begun.
for (const moment of ["htmx:error", "htmx:response:error"]) {
  document.addEventListener(moment, (event) => {
    if (event.target.id !== "live") return;
    showApart(true);
    connected.delete(event.target);
    setTimeout(connect, 2000);
  });
}

document.addEventListener("htmx:sse:error", () => showApart(true));
document.addEventListener("htmx:sse:after:connection", () => showApart(false));

function showApart(isApart) {
  const apart = document.getElementById("apart");
  if (apart) apart.hidden = !isApart;
}

// A page that the browser has kept for "back" shows what was; its stream is gone.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
