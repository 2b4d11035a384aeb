// Runs: polled by hand and by helper, streamed with and without helper, and the same on Azure's paths.

import * as our from "./program.mjs";
import { AzureOpenAI, begin, callsOf, inside, makeAssistant, makeThread, messages, newestText, OpenAI, outputs, runs, stepsOf, submit, threads, wait } from "./program.mjs";
import { flow, holds, refused, same } from "./telling.mjs";

const TALK = "The basin is four metres deep at low tide, and nearly seven at the spring flood.";
const CAN_POLL = Boolean(runs.createAndPoll);
const gathered = (threadId, body) => (runs.stream ? runs.stream(threadId, body) : runs.createAndStream(threadId, body));
const CAN_STREAM = Boolean(runs.stream ?? runs.createAndStream);

flow("a run by hand", async () => {
  const assistant = await makeAssistant([], { instructions: "Be exact." });
  let run = await begin("How deep is it?", [], assistant);
  same("it begins in the queue", [run.status, run.required_action ?? null, run.instructions], ["queued", null, "Be exact."]);
  run = await wait(run);
  same("it is completed", [run.status, run.expires_at], ["completed", null]);
  same("the newest message is the answer", await newestText(run.thread_id), TALK);
  const [step] = await stepsOf(run);
  same("one step made it", [step.type, step.status], ["message_creation", "completed"]);
  run = await wait(await threads.createAndRun({ assistant_id: assistant.id, thread: { messages: [{ role: "user", content: "Plan the morning." }] } }));
  same("thread and run at once, with two messages", (await our.all(messages.list(run.thread_id))).length, 3);
});

flow("function calls by hand", async () => {
  let run = await wait(await begin("Read the gauge.", [our.GAUGE]));
  same("it waits for the output", [run.status, callsOf(run)[0].function.name], ["requires_action", "read-gauge"]);
  await refused("the thread is locked", OpenAI.BadRequestError, () => messages.create(run.thread_id, { role: "user", content: "?" }), { status: 400 });
  run = await wait(await submit(run, "4 m"));
  same("it is completed", [run.status, await newestText(run.thread_id)], ["completed", "The gauge reads 4 m."]);
  run = await wait(await begin("Count the boats at both piers.", [our.BOATS]));
  same("both calls come at once", callsOf(run).map((call) => JSON.parse(call.function.arguments)), [{ pier: "north" }, { pier: "south" }]);
  run = await wait(await submit(run, "9", "6"));
  same("both outputs are heard", await newestText(run.thread_id), "North has 9 boats, south has 6.");
  run = await wait(await begin("Read the gauge.", [our.GAUGE]));
  run = await wait(await inside(runs, "cancel", { thread_id: run.thread_id }, run.id));
  same("a run is cancelled", run.status, "cancelled");
});

flow("runs that do not succeed", async () => {
  let run = await wait(await begin("Please break down."));
  same("a failure is told", [run.status, run.last_error.code], ["failed", "rate_limit_exceeded"]);
  run = await wait(await begin("Talk without end."));
  same("what is cut off is told", run.status, our.IS_V1 ? "completed" : "incomplete");
  run = await begin("Wait forever.");
  await our.control("POST", "/clock/advance", { by: "11m" });
  same("it expires", (await wait(run)).status, "expired");
});

flow("code and search", async () => {
  let run = await wait(await begin("What is the mean?", [our.CODE]));
  const [step] = await stepsOf(run);
  same("code printed and drew", step.step_details.tool_calls[0].code_interpreter.outputs.map((one) => one.type), ["logs", "image"]);
  run = await wait(await begin("What are the opening hours?", [], await makeAssistant([{ type: our.SEARCH }], { metadata: { search: "scripted" } })));
  const { text } = (await messages.list(run.thread_id)).data[0].content[0];
  const [mark] = text.annotations;
  same("the answer cites", [mark.type, mark.file_citation.file_id], ["file_citation", "file-lockhours"]);
  same("the mark stands in the text", text.value.slice(mark.start_index, mark.end_index), mark.text);
});

flow("poll helpers", async () => {
  const assistant = await makeAssistant([our.GAUGE]);
  let run = await runs.createAndPoll((await makeThread("Read the gauge.")).id, { assistant_id: assistant.id });
  same("createAndPoll stops where outputs are wanted", run.status, "requires_action");
  run = await inside(runs, "submitToolOutputsAndPoll", { thread_id: run.thread_id }, run.id, { tool_outputs: outputs(run, "4 m") });
  same("submitToolOutputsAndPoll ends", [run.status, await newestText(run.thread_id)], ["completed", "The gauge reads 4 m."]);
  run = await threads.createAndRunPoll({ assistant_id: assistant.id, thread: { messages: [{ role: "user", content: "How deep?" }] } });
  same("createAndRunPoll ends", run.status, "completed");
  run = await runs.createAndPoll((await makeThread("Talk without end.")).id, { assistant_id: assistant.id });
  same("an incomplete run ends it", run.status, "incomplete");
}, CAN_POLL);

flow("streams", async () => {
  const assistant = await makeAssistant();
  const told = [];
  const thread = await makeThread("How deep?");
  for await (const event of await runs.create(thread.id, { assistant_id: assistant.id, stream: true })) told.push(event);
  const names = told.map((one) => one.event);
  same("it begins with the run", names.slice(0, 3), ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]);
  same("it ends in order", names.filter((name) => name !== "done").slice(-2), ["thread.run.step.completed", "thread.run.completed"]);
  const text = told.filter((one) => one.event === "thread.message.delta").map((one) => one.data.delta.content[0].text.value).join("");
  same("the pieces make the text", [text, await newestText(thread.id)], [TALK, TALK]);
  await our.fault({ cut_stream_after: 6, error_event: true, error: { message: "The line broke.", type: "server_error" } }, "POST", "/threads/*/runs");
  const broken = await runs.create((await makeThread("How deep?")).id, { assistant_id: assistant.id, stream: true });
  const error = await refused("an error event is raised", OpenAI.APIError, () => our.all(broken));
  holds("with its message", String(error.message).includes("The line broke."), error.message);
}, CAN_STREAM);

flow("stream helpers", async () => {
  const assistant = await makeAssistant([our.GAUGE, our.CODE]);
  const heard = [];
  let stream = gathered((await makeThread("How deep?")).id, { assistant_id: assistant.id });
  stream.on("textCreated", () => heard.push("created")).on("textDone", (text) => heard.push(text.value)).on("messageDone", () => heard.push("done"));
  let pieces = "";
  stream.on("textDelta", (delta) => (pieces += delta.value));
  same("the run is gathered", (await stream.finalRun()).status, "completed");
  same("a text is heard in order", heard, ["created", TALK, "done"]);
  same("in pieces", pieces, TALK);
  same("the message is gathered", (await stream.finalMessages()).map((one) => one.content[0].text.value), [TALK]);
  same("the step too", (await stream.finalRunSteps()).map((one) => one.type), ["message_creation"]);
  stream = gathered((await makeThread("What is the mean?")).id, { assistant_id: assistant.id });
  let code = "";
  const kinds = [];
  stream.on("toolCallCreated", (call) => kinds.push(call.type)).on("toolCallDelta", (delta) => (code += delta.code_interpreter?.input ?? ""));
  await stream.finalRun();
  same("all of the code is heard", [kinds, code], [["code_interpreter"], "heights = [3.1, 3.4, 4.0]\nprint(sum(heights) / len(heights))"]);
  stream = gathered((await makeThread("Read the gauge.")).id, { assistant_id: assistant.id });
  const run = await stream.finalRun();
  same("a call waits", run.status, "requires_action");
  stream = inside(runs, "submitToolOutputsStream", { thread_id: run.thread_id }, run.id, { tool_outputs: outputs(run, "5 m") });
  same("outputs are streamed on", (await stream.finalRun()).status, "completed");
  same("and heard", (await stream.finalMessages()).map((one) => one.content[0].text.value), ["The gauge reads 5 m."]);
  stream = threads.createAndRunStream({ assistant_id: assistant.id, thread: { messages: [{ role: "user", content: "Plan the morning." }] } });
  same("thread and run at once", (await stream.finalMessages()).length, 2);
}, CAN_STREAM);

flow("azure", async () => {
  const azure = { apiKey: "sk-emu-azure", apiVersion: "2024-05-01-preview" };
  for (const more of [{ endpoint: our.URL_ }, { endpoint: our.URL_, deployment: "our-deployment" }, { baseURL: `${our.URL_}/openai` }]) {
    const way = Object.keys(more).join(" and ");
    const { assistants, threads: there } = new AzureOpenAI({ ...azure, ...more }).beta;
    const assistant = await assistants.create({ model: "our-deployment" });
    same(`by ${way}: the model is the deployment`, assistant.model, "our-deployment");
    const thread = await there.create({ messages: [{ role: "user", content: "How deep?" }] });
    const run = await there.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
    same(`by ${way}: a run is completed`, run.status, "completed");
  }
}, Boolean(AzureOpenAI));
