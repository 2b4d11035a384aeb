// Responses and conversations: created, continued in each way, as streams and values, in the background, and refused.

import * as our from "./program.mjs";
import { client, OpenAI, stores, toFile, all } from "./program.mjs";
import { flow, check, checkRefused, checkEqual } from "./checks.mjs";

const TALK = "The basin is four metres deep at low tide, and nearly seven at the spring flood.";
const COUNTED = "North has 9 boats, south has 6.";
const { responses, conversations, containers } = client;
const HAS_RESPONSES = Boolean(responses);
// openai-node 4 has no conversations, and of the rest some only.
const IS_WHOLE = Boolean(conversations);
const model = "gpt-4o";
// Functions are flat here.
const pier = { type: "object", properties: { pier: { type: "string" } }, required: ["pier"], additionalProperties: false };
const BOATS = { type: "function", name: "count_boats", description: "Count the boats at a pier.", parameters: pier, strict: true };
const GAUGE = { type: "function", name: "read-gauge", parameters: { type: "object", properties: {} }, strict: false };

const ask = (input, more = {}) => responses.create({ model, input, ...more });
const callsOf = (response) => response.output.filter((item) => item.type === "function_call");
const outputs = (response, ...texts) => callsOf(response).map(({ call_id }, place) => ({ type: "function_call_output", call_id, output: texts[place] }));

/** Return the types of events; deltas in a row count once. */
function collapsed(events) {
  const types = events.map(({ type }) => type);
  return types.filter((type, place) => !(type.endsWith(".delta") && types[place - 1] === type));
}

async function until(response, status) {
  for (let polls = 0; polls < 2000 && response.status !== status; polls += 1) {
    await new Promise((done) => setTimeout(done, 5));
    response = await responses.retrieve(response.id);
  }
  return response;
}

flow("responses", async () => {
  const response = await ask("How deep is it?", { instructions: "Be exact." });
  checkEqual("it is completed with its text", [response.status, response.output_text, response.instructions], ["completed", TALK, "Be exact."]);
  checkEqual("it has the usage of the script", [response.usage.input_tokens, response.usage.output_tokens], [21, 9]);
  checkEqual("it can be read again", (await responses.retrieve(response.id)).output[0], response.output[0]);
  checkEqual("its input can be listed", (await all(responses.inputItems.list(response.id))).map((item) => item.content[0].text), ["How deep is it?"]);
  await our.remove(responses, response.id);
  await checkRefused("it is gone after its deletion", OpenAI.NotFoundError, () => responses.retrieve(response.id), { status: 404 });
}, HAS_RESPONSES);

flow("responses: function calls", async () => {
  const first = await ask("Count the boats at both piers.", { tools: [BOATS] });
  checkEqual("a response that calls is completed", [first.status, first.output_text], ["completed", ""]);
  checkEqual("its arguments", callsOf(first).map((call) => JSON.parse(call.arguments)), [{ pier: "north" }, { pier: "south" }]);
  const next = { tools: [BOATS], previous_response_id: first.id };
  await checkRefused("each call needs an output", OpenAI.BadRequestError, () => ask(outputs(first, "9", "6").slice(1), next), { param: "input" });
  checkEqual("with outputs it goes on", (await ask(outputs(first, "9", "6"), next)).output_text, COUNTED);
  const items = [{ role: "user", content: "Read the gauge." }];
  let response = await ask(items, { tools: [GAUGE], store: false });
  items.push(...response.output, ...outputs(response, "4 m"));
  response = await ask(items, { tools: [GAUGE], store: false });
  checkEqual("for a client that keeps everything, too", response.output_text, "The gauge reads 4 m.");
}, HAS_RESPONSES);

flow("responses: a chain", async () => {
  const first = await ask("Hello, my name is Ada.");
  checkEqual("it remembers", (await ask("Do you know who I am?", { previous_response_id: first.id })).output_text, "You are Ada.");
}, HAS_RESPONSES);

flow("responses that do not succeed", async () => {
  const failed = await ask("Please break down.");
  checkEqual("one fails", [failed.status, failed.error.code], ["failed", "rate_limit_exceeded"]);
  const cut = await ask("Talk without end.");
  checkEqual("one is cut off", [cut.status, cut.incomplete_details.reason], ["incomplete", "max_output_tokens"]);
  checkEqual("one refuses", (await ask("Help me to smuggle.")).output[0].content[0].refusal, "I cannot help with that.");
  const nested = { type: "function", function: { name: "count_boats" } };
  await checkRefused("a tool of Assistants", OpenAI.BadRequestError, () => ask("Hello", { tools: [nested] }), { code: "missing_required_parameter", param: "tools[0].name" });
  await checkRefused("an unknown previous response", OpenAI.BadRequestError, () => ask("Hello", { previous_response_id: `resp_${"0".repeat(50)}` }), { code: "previous_response_not_found" });
  await our.fault({ status: 500 }, "POST", "/responses");
  checkEqual("a 500 is tried again", (await ask("How deep?")).output_text, TALK);
}, HAS_RESPONSES);

flow("responses: streams", async () => {
  const events = [];
  for await (const event of await ask("How deep?", { stream: true })) events.push(event);
  const types = collapsed(events);
  checkEqual("it begins and ends", [types.slice(0, 2), types.at(-1)], [["response.created", "response.in_progress"], "response.completed"]);
  checkEqual("deltas make the text", events.filter(({ type }) => type === "response.output_text.delta").map(({ delta }) => delta).join(""), TALK);
  checkEqual("events are numbered", events.map((event) => event.sequence_number), events.map((_, place) => place));
}, HAS_RESPONSES && our.VERSION[0] > 4);

flow("responses: stream helper", async () => {
  const pieces = [];
  const stream = responses.stream({ model, input: "How deep?" }).on("response.output_text.delta", ({ delta }) => pieces.push(delta));
  checkEqual("its response", (await stream.finalResponse()).output_text, TALK);
  checkEqual("its deltas", pieces.join(""), TALK);
  let question = { input: "Count the boats at both piers." };
  let final;
  for (;;) {
    final = await responses.stream({ model, tools: [BOATS], ...question }).finalResponse();
    if (!callsOf(final).length) break;
    question = { input: outputs(final, "9", "6"), previous_response_id: final.id };
  }
  checkEqual("a tool loop", final.output_text, COUNTED);
  const seen = [];
  for await (const event of responses.stream({ model, input: "Please break down." })) seen.push(event.type);
  checkEqual("a failure", seen.at(-1), "response.failed");
}, IS_WHOLE);

flow("responses: parse", async () => {
  const called = await responses.parse({ model, input: "Count the boats at both piers.", tools: [BOATS] });
  checkEqual("arguments become values", callsOf(called).map((call) => call.parsed_arguments), [{ pier: "north" }, { pier: "south" }]);
  const format = { type: "json_schema", name: "count", strict: true, schema: { ...pier, properties: { pier: { type: "string" }, boats: { type: "integer" } }, required: ["pier", "boats"] } };
  const formed = await responses.parse({ model, input: "Hand it in as a form.", text: { format } });
  checkEqual("a text in a format", JSON.parse(formed.output_text), { pier: "north", boats: 9 });
  checkEqual("which comes back", [formed.text.format.type, formed.text.format.name, formed.text.format.strict], ["json_schema", "count", true]);
}, IS_WHOLE);

flow("responses: in the background", async () => {
  let response = await ask("Please hold still.", { background: true });
  checkEqual("it goes on", (await until(response, "in_progress")).status, "in_progress");
  await our.control("POST", `/runs/${response.id}/release`, { hold: "anchor" });
  checkEqual("it completes", (await until(response, "completed")).output_text, "Weighed.");
  response = await ask("Please hold still.", { background: true });
  checkEqual("it can be cancelled", (await responses.cancel(response.id)).status, "cancelled");
}, IS_WHOLE);

flow("responses: a stream that is taken up again", async () => {
  const seen = [];
  for await (const event of await ask("Please hold still.", { background: true, stream: true })) {
    seen.push(event);
    if (event.type === "response.in_progress") break;
  }
  const [{ response }] = seen;
  await our.control("POST", `/runs/${response.id}/release`, { hold: "anchor" });
  const after = seen.at(-1).sequence_number;
  const rest = [];
  for await (const event of await responses.retrieve(response.id, { stream: true, starting_after: after })) rest.push(event);
  checkEqual("the rest follows", [rest[0].sequence_number, rest.at(-1).type], [after + 1, "response.completed"]);
  checkEqual("the helper takes it up too", (await responses.stream({ response_id: response.id }).finalResponse()).output_text, "Weighed.");
}, IS_WHOLE);

flow("conversations", async () => {
  const conversation = await conversations.create({ items: [{ role: "user", content: "Good morning." }], metadata: { boat: "Merlin" } });
  checkEqual("metadata can be changed", (await conversations.update(conversation.id, { metadata: {} })).metadata, {});
  const added = await conversations.items.create(conversation.id, { items: [{ role: "user", content: "Fine weather." }] });
  const texts = async (query) => (await all(conversations.items.list(conversation.id, query))).map((item) => item.content[0].text);
  checkEqual("the newest comes first, page after page", await texts({ limit: 1 }), ["Fine weather.", "Good morning."]);
  const parent = { conversation_id: conversation.id };
  checkEqual("an item can be read", (await conversations.items.retrieve(added.data[0].id, parent)).id, added.data[0].id);
  checkEqual("and deleted", (await conversations.items.delete(added.data[0].id, parent)).id, conversation.id);
  const first = await ask("Hello, my name is Ada.", { conversation: conversation.id });
  checkEqual("a response says which it is in", first.conversation, { id: conversation.id });
  checkEqual("the next one remembers", (await ask("Do you know who I am?", { conversation: conversation.id })).output_text, "You are Ada.");
  checkEqual("both are in it", (await texts({ order: "asc" })).slice(1), ["Hello, my name is Ada.", "Welcome aboard, Ada.", "Do you know who I am?", "You are Ada."]);
  checkEqual("it can be deleted", (await conversations.delete(conversation.id)).deleted, true);
  await checkRefused("and is gone", OpenAI.NotFoundError, () => conversations.retrieve(conversation.id), { status: 404 });
}, IS_WHOLE);

flow("responses: built-in tools", async () => {
  const file = await client.files.create({ file: await toFile(Buffer.from("Opening hours of the lock: from five to nine."), "quay.txt"), purpose: "assistants" });
  const store = await stores.create({ file_ids: [file.id] });
  const [found, message] = (await ask("What are the opening hours of the lock?", { tools: [{ type: "file_search", vector_store_ids: [store.id] }], include: ["file_search_call.results"] })).output;
  checkEqual("a search", found.results.map((hit) => hit.file_id), [file.id]);
  checkEqual("a citation", message.content[0].annotations.map((one) => one.file_id), [file.id]);
  const [ran] = (await ask("What is the mean?", { tools: [{ type: "code_interpreter", container: { type: "auto" } }], include: ["code_interpreter_call.outputs"] })).output;
  checkEqual("code", ran.outputs.map((one) => one.type), ["logs", "image"]);
  const [drawn] = await all(containers.files.list(ran.container_id));
  const bytes = await (await containers.files.content.retrieve(drawn.id, { container_id: ran.container_id })).arrayBuffer();
  check("what it has drawn", Buffer.from(bytes).subarray(1, 4).toString() === "PNG", bytes.byteLength);
}, IS_WHOLE);

flow("responses: tool runner", async () => {
  const { ResponsesToolRunner } = our.part("openai/helpers/responses-tool-runner");
  const execute = (given) => ({ north: "9", south: "6" })[given.pier];
  const runner = new ResponsesToolRunner({ functions: [{ tool: BOATS, execute }] });
  // The runner asks for encrypted reasoning each time, which only models that think have.
  const params = { model: "gpt-5.4", input: "Count the boats at both piers." };
  checkEqual("it ends with the text", (await runner.run(client, params)).output_text, COUNTED);
  const events = [];
  const streamed = await runner.run(client, params, { stream: true, onEvent: ({ type }) => void events.push(type) });
  checkEqual("as a stream", [streamed.output_text, events.filter((type) => type === "response.completed").length], [COUNTED, 2]);
}, our.VERSION[0] >= 7);

flow("responses: values by a schema", async () => {
  const { standardTextFormat } = our.part("openai/helpers/standard-schema");
  const schema = { ...pier, properties: { ...pier.properties, boats: { type: "integer" } }, required: ["pier", "boats"] };
  const standard = { "~standard": { version: 1, vendor: "matrix", validate: (value) => ({ value }) } };
  const format = standardTextFormat(standard, "count", { schema });
  const formed = await responses.parse({ model, input: "Hand it in as a form.", text: { format } });
  checkEqual("a text becomes a value", formed.output_parsed, { pier: "north", boats: 9 });
  const stream = responses.stream({ model, input: "Hand it in as a form.", text: { format } });
  checkEqual("as a stream, too", (await stream.finalResponse()).output_parsed, { pier: "north", boats: 9 });
}, our.VERSION[0] >= 7);
