// What the library makes of each fault, compared with the table of the documentation.

import { readFileSync } from "node:fs";
import * as our from "./program.mjs";
import { OpenAI, runs, makeAssistant, makeThread } from "./program.mjs";
import { flow, checkEqual } from "./checks.mjs";

const PAGE = readFileSync(new URL("../../../docs/faults.md", import.meta.url), "utf8");
// The table shows the newest library.
const IS_SHOWN = our.VERSION[0] >= 7;
const SHORT = 300;

/** Return the rows of the table below a heading: the fault, and what this library makes of it. */
function rows(heading) {
  const section = PAGE.split(`\n## ${heading}\n`)[1].split("\n## ")[0];
  return [...section.matchAll(/^\| `(\{.*\})` \| .* \| (.*) \|$/gm)].map(([, fault, cell]) => [JSON.parse(fault), cell]);
}

const impatient = new OpenAI({ baseURL: `${our.URL_}/v1`, apiKey: "sk-emu-matrix", timeout: SHORT, maxRetries: 1 });
const hits = async () => (await our.control("GET", "/faults")).faults[0].hits;

/** Arm a fault, and return what is observed while it is there. */
async function under(what, path, observe) {
  await our.control("POST", "/faults", { do: what, match: { method: "POST", path } });
  try {
    return await observe();
  } finally {
    await our.control("DELETE", "/faults");
  }
}

async function observeAnswer() {
  let outcome = "no error";
  try {
    await impatient.beta.assistants.create({ model: our.MODEL });
  } catch (error) {
    outcome = `\`${error.constructor.name}\``;
  }
  return (await hits()) > 1 ? `${outcome}, asked again` : outcome;
}

async function observeStream(assistant, thread) {
  const names = [];
  let outcome = "no error";
  async function read() {
    try {
      for await (const event of await impatient.beta.threads.runs.create(thread.id, { assistant_id: assistant.id, stream: true })) {
        if (event.event !== "done") names.push(event.event);
      }
    } catch (error) {
      outcome = `\`${error.constructor.name}\``;
    }
    return true;
  }
  const reading = read();
  const isOver = await Promise.race([reading, new Promise((done) => setTimeout(done, 5 * SHORT, false))]);
  if (!isOver) {
    await our.control("DELETE", "/faults"); // ends the pause
    await reading;
    return "no error, waits";
  }
  if (names.at(-1) !== "thread.run.completed") return `${outcome} after event ${names.length}`;
  return outcome === "no error" ? outcome : `${outcome} at its end`;
}

flow("faults of answers", async () => {
  for (const [what, cell] of rows("Any answer")) {
    checkEqual(JSON.stringify(what), await under(what, "/assistants", observeAnswer), cell);
  }
}, IS_SHOWN);

flow("faults of streams", async () => {
  const assistant = await makeAssistant();
  for (const [what, cell] of rows("Streams")) {
    const thread = await makeThread("How deep?");
    checkEqual(JSON.stringify(what), await under(what, "/threads/*/runs", () => observeStream(assistant, thread)), cell);
  }
}, IS_SHOWN && Boolean(runs.stream));
