// What a flow program tells: one JSON line for each check, also for a flow that broke off.

import { isDeepStrictEqual } from "node:util";

const flows = [];
let now = "";

/** Keep a function as a flow; a library that lacks what is needed does not go through it. */
export function flow(title, run, needed = true) {
  if (needed) flows.push([title, run]);
}

export function same(name, got, wanted) {
  const ok = isDeepStrictEqual(got, wanted);
  tell(name, ok, ok ? "" : `got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
}

export function holds(name, condition, detail = "") {
  tell(name, Boolean(condition), condition ? "" : String(JSON.stringify(detail) ?? detail));
}

/** Check that a call is refused with an error of just this class, with these fields; return the error. */
export async function refused(name, kind, call, wanted = {}) {
  try {
    const answer = await call();
    holds(name, false, { answer });
  } catch (error) {
    const got = Object.fromEntries(Object.keys(wanted).map((key) => [key, error[key]]));
    const fits = error.constructor === kind && isDeepStrictEqual(got, wanted);
    holds(name, fits, `got ${error.constructor.name} ${JSON.stringify(got)}: ${error.message}`);
    return error;
  }
}

export async function runFlows(only = "") {
  for (const [title, run] of flows) {
    if (!title.includes(only)) continue;
    now = title;
    try {
      await run();
    } catch (error) {
      tell("goes through", false, String(error.stack ?? error).split("\n").slice(0, 5).join(" | "));
    }
  }
}

function tell(name, ok, detail) {
  console.log(JSON.stringify({ name: `${now}: ${name}`, ok, detail: detail.slice(0, 1500) }));
}
