// The program that uses the library: its client, the features of its version, and helpers that all flows share.

import { request } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const installed = createRequire(join(process.env.MATRIX_HOME, "from-here.js"));
/** Return a part of the library that is imported by a path of its own. */
export const part = (path) => installed(path);
const library = part("openai");
export const { AzureOpenAI, toFile } = library;
export const OpenAI = library.OpenAI ?? library.default;

export const URL_ = process.env.MATRIX_URL;
export const VERSION = process.env.MATRIX_VERSION.split(".").map(Number);
// Since 5, a method takes its own id first, and the ids of its parents with the other parameters.
const PARENTS_LAST = VERSION[0] >= 5;
export const MODEL = "gpt-4-1106-preview";
export const client = new OpenAI({ baseURL: `${URL_}/v1`, apiKey: "sk-emu-matrix" });
export const { assistants, threads } = client.beta;
export const { runs, messages } = threads;
export const stores = client.vectorStores ?? client.beta.vectorStores;
export const IS_V1 = !stores;
export const SEARCH = IS_V1 ? "retrieval" : "file_search";

export const GAUGE = {
  type: "function",
  function: {
    name: "read-gauge",
    parameters: { type: "object", properties: { station: { type: "string", default: "Büsum" } }, additionalProperties: false },
  },
};
export const BOATS = { type: "function", function: { name: "count_boats", parameters: { type: "object", properties: {} } } };
export const CODE = { type: "code_interpreter" };

/** Call a method of a nested resource with the parameters of this version. parents: ids by name, in order. */
export function callNested(resource, method, parents, id, body) {
  if (PARENTS_LAST) return resource[method](id, { ...parents, ...body });
  return resource[method](...Object.values(parents), id, ...(body ? [body] : []));
}

/** Delete an object: the method has two names, depending on the version. */
export function remove(resource, id, parents = {}) {
  return callNested(resource, PARENTS_LAST ? "delete" : "del", parents, id);
}

/** Send a request to the control API of this program's namespace. Not with fetch: with openai 4.16, its response may never arrive. */
export function control(method, path, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(process.env.MATRIX_CONTROL + path, { method, headers: { "Content-Type": "application/json" } }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode < 300) resolve(JSON.parse(text));
        else reject(new Error(text));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body && JSON.stringify(body));
  });
}

/** Make the next matching request fail. */
export const fault = (what, method, path, more = {}) =>
  control("POST", "/faults", { do: what, match: { method, path }, times: 1, ...more });

/** Return the number of requests to a path since the log was cleared. */
export async function countRequests(method, ending) {
  const { requests } = await control("GET", "/requests");
  return requests.filter((one) => one.method === method && one.path.endsWith(ending)).length;
}

export const makeAssistant = (tools = [], more = {}) => assistants.create({ model: MODEL, name: "Harbour clerk", tools, ...more });
export const makeThread = (question) => threads.create({ messages: [{ role: "user", content: question }] });
export const retrieve = (run) => callNested(runs, "retrieve", { thread_id: run.thread_id }, run.id);
export const stepsOf = async (run) => all(callNested(runs.steps, "list", { thread_id: run.thread_id }, run.id, { order: "asc" }));
export const submit = (run, ...texts) =>
  callNested(runs, "submitToolOutputs", { thread_id: run.thread_id }, run.id, { tool_outputs: outputs(run, ...texts) });

export async function startRun(question, tools = [], assistant = undefined, more = {}) {
  const { id } = assistant ?? (await makeAssistant(tools));
  return runs.create((await makeThread(question)).id, { assistant_id: id, ...more });
}

/** Poll a run by hand, as programs did before the helpers existed. */
export async function wait(run) {
  for (let polls = 0; polls < 2000; polls += 1) {
    run = await retrieve(run);
    if (!["queued", "in_progress", "cancelling"].includes(run.status)) break;
    await new Promise((done) => setTimeout(done, 5));
  }
  return run;
}

export const callsOf = (run) => run.required_action.submit_tool_outputs.tool_calls;
export const outputs = (run, ...texts) => callsOf(run).map((call, place) => ({ tool_call_id: call.id, output: texts[place] }));

export async function newestText(threadId) {
  return (await messages.list(threadId)).data[0].content[0].text.value;
}

/** Return all items of a list, page after page. */
export async function all(pages) {
  const found = [];
  for await (const one of await pages) found.push(one);
  return found;
}
