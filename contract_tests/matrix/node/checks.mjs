// Checks of a flow program: each prints one JSON line, and so does a flow that throws.

import { isDeepStrictEqual } from "node:util";

const flows = [];
let currentFlow = "";

/** Register a function as a flow, unless the library lacks what it needs. */
export function flow(title, run, needed = true) {
  if (needed) flows.push([title, run]);
}

export function checkEqual(name, got, expected) {
  const ok = isDeepStrictEqual(got, expected);
  report(name, ok, ok ? "" : `got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
}

export function check(name, condition, detail = "") {
  report(name, Boolean(condition), condition ? "" : String(JSON.stringify(detail) ?? detail));
}

/** Check that a call throws exactly this class of error, with these fields; return the error. */
export async function checkRefused(name, kind, call, expected = {}) {
  try {
    const result = await call();
    check(name, false, { result });
  } catch (error) {
    const got = Object.fromEntries(Object.keys(expected).map((key) => [key, error[key]]));
    const fits = error.constructor === kind && isDeepStrictEqual(got, expected);
    check(name, fits, `got ${error.constructor.name} ${JSON.stringify(got)}: ${error.message}`);
    return error;
  }
}

export async function runFlows(only = "") {
  for (const [title, run] of flows) {
    if (!title.includes(only)) continue;
    currentFlow = title;
    try {
      await run();
    } catch (error) {
      report("completes", false, String(error.stack ?? error).split("\n").slice(0, 5).join(" | "));
    }
  }
}

function report(name, ok, detail) {
  console.log(JSON.stringify({ name: `${currentFlow}: ${name}`, ok, detail: detail.slice(0, 1500) }));
}
