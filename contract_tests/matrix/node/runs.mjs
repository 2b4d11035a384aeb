// Runs: polled by hand and by helper, streamed with and without helper, and the same on Azure's paths.

import * as our from "./program.mjs";
import { AzureOpenAI, startRun, callsOf, callNested, makeAssistant, makeThread, messages, newestText, OpenAI, outputs, runs, stepsOf, submit, threads, wait } from "./program.mjs";
import { flow, check, checkRefused, checkEqual } from "./checks.mjs";

const TALK = "The basin is four metres deep at low tide, and nearly seven at the spring flood.";
const CAN_POLL = Boolean(runs.createAndPoll);
const streamHelper = (threadId, body) => (runs.stream ? runs.stream(threadId, body) : runs.createAndStream(threadId, body));
const CAN_STREAM = Boolean(runs.stream ?? runs.createAndStream);

flow("a run by hand", async () => {
  const assistant = await makeAssistant([], { instructions: "Be exact." });
  let run = await startRun("How deep is it?", [], assistant);
  checkEqual("it starts in the queue", [run.status, run.required_action ?? null, run.instructions], ["queued", null, "Be exact."]);
  run = await wait(run);
  checkEqual("it is completed", [run.status, run.expires_at], ["completed", null]);
  checkEqual("the newest message is the answer", await newestText(run.thread_id), TALK);
  const [step] = await stepsOf(run);
  checkEqual("it was created by one step", [step.type, step.status], ["message_creation", "completed"]);
  run = await wait(await threads.createAndRun({ assistant_id: assistant.id, thread: { messages: [{ role: "user", content: "Plan the morning." }] } }));
  checkEqual("thread and run in one request, with two messages", (await our.all(messages.list(run.thread_id))).length, 3);
});

flow("function calls by hand", async () => {
  let run = await wait(await startRun("Read the gauge.", [our.GAUGE]));
  checkEqual("it waits for the output", [run.status, callsOf(run)[0].function.name], ["requires_action", "read-gauge"]);
  await checkRefused("the thread is locked", OpenAI.BadRequestError, () => messages.create(run.thread_id, { role: "user", content: "?" }), { status: 400 });
  run = await wait(await submit(run, "4 m"));
  checkEqual("it is completed", [run.status, await newestText(run.thread_id)], ["completed", "The gauge reads 4 m."]);
  run = await wait(await startRun("Count the boats at both piers.", [our.BOATS]));
  checkEqual("both calls come together", callsOf(run).map((call) => JSON.parse(call.function.arguments)), [{ pier: "north" }, { pier: "south" }]);
  run = await wait(await submit(run, "9", "6"));
  checkEqual("both outputs are used", await newestText(run.thread_id), "North has 9 boats, south has 6.");
  run = await wait(await startRun("Read the gauge.", [our.GAUGE]));
  run = await wait(await callNested(runs, "cancel", { thread_id: run.thread_id }, run.id));
  checkEqual("a run is cancelled", run.status, "cancelled");
});

flow("runs that do not succeed", async () => {
  let run = await wait(await startRun("Please break down."));
  checkEqual("the failure is reported", [run.status, run.last_error.code], ["failed", "rate_limit_exceeded"]);
  run = await wait(await startRun("Talk without end."));
  checkEqual("a truncated run has its status", run.status, our.IS_V1 ? "completed" : "incomplete");
  run = await startRun("Wait forever.");
  await our.control("POST", "/clock/advance", { by: "11m" });
  checkEqual("it expires", (await wait(run)).status, "expired");
});

flow("code and search", async () => {
  let run = await wait(await startRun("What is the mean?", [our.CODE]));
  const [step] = await stepsOf(run);
  checkEqual("code produced logs and an image", step.step_details.tool_calls[0].code_interpreter.outputs.map((one) => one.type), ["logs", "image"]);
  run = await wait(await startRun("What are the opening hours?", [], await makeAssistant([{ type: our.SEARCH }], { metadata: { search: "scripted" } })));
  const { text } = (await messages.list(run.thread_id)).data[0].content[0];
  const [annotation] = text.annotations;
  checkEqual("the answer has a citation", [annotation.type, annotation.file_citation.file_id], ["file_citation", "file-lockhours"]);
  checkEqual("the marker is in the text", text.value.slice(annotation.start_index, annotation.end_index), annotation.text);
});

flow("poll helpers", async () => {
  const assistant = await makeAssistant([our.GAUGE]);
  let run = await runs.createAndPoll((await makeThread("Read the gauge.")).id, { assistant_id: assistant.id });
  checkEqual("createAndPoll returns when outputs are required", run.status, "requires_action");
  run = await callNested(runs, "submitToolOutputsAndPoll", { thread_id: run.thread_id }, run.id, { tool_outputs: outputs(run, "4 m") });
  checkEqual("submitToolOutputsAndPoll returns", [run.status, await newestText(run.thread_id)], ["completed", "The gauge reads 4 m."]);
  run = await threads.createAndRunPoll({ assistant_id: assistant.id, thread: { messages: [{ role: "user", content: "How deep?" }] } });
  checkEqual("createAndRunPoll returns", run.status, "completed");
  run = await runs.createAndPoll((await makeThread("Talk without end.")).id, { assistant_id: assistant.id });
  checkEqual("it returns an incomplete run", run.status, "incomplete");
}, CAN_POLL);

flow("streams", async () => {
  const assistant = await makeAssistant();
  const events = [];
  const thread = await makeThread("How deep?");
  for await (const event of await runs.create(thread.id, { assistant_id: assistant.id, stream: true })) events.push(event);
  const names = events.map((one) => one.event);
  checkEqual("it starts with the run", names.slice(0, 3), ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]);
  checkEqual("it ends in order", names.filter((name) => name !== "done").slice(-2), ["thread.run.step.completed", "thread.run.completed"]);
  const text = events.filter((one) => one.event === "thread.message.delta").map((one) => one.data.delta.content[0].text.value).join("");
  checkEqual("the deltas add up to the text", [text, await newestText(thread.id)], [TALK, TALK]);
  await our.fault({ cut_stream_after: 6, error_event: true, error: { message: "The connection broke.", type: "server_error" } }, "POST", "/threads/*/runs");
  const broken = await runs.create((await makeThread("How deep?")).id, { assistant_id: assistant.id, stream: true });
  const error = await checkRefused("an error event is raised", OpenAI.APIError, () => our.all(broken));
  check("its message is passed on", String(error.message).includes("The connection broke."), error.message);
}, CAN_STREAM);

flow("stream helpers", async () => {
  const assistant = await makeAssistant([our.GAUGE, our.CODE]);
  const received = [];
  let stream = streamHelper((await makeThread("How deep?")).id, { assistant_id: assistant.id });
  stream.on("textCreated", () => received.push("created")).on("textDone", (text) => received.push(text.value)).on("messageDone", () => received.push("done"));
  let pieces = "";
  stream.on("textDelta", (delta) => (pieces += delta.value));
  checkEqual("the final run is returned", (await stream.finalRun()).status, "completed");
  checkEqual("text events arrive in order", received, ["created", TALK, "done"]);
  checkEqual("the deltas add up to the text", pieces, TALK);
  checkEqual("the final message is returned", (await stream.finalMessages()).map((one) => one.content[0].text.value), [TALK]);
  checkEqual("the final step is returned", (await stream.finalRunSteps()).map((one) => one.type), ["message_creation"]);
  stream = streamHelper((await makeThread("What is the mean?")).id, { assistant_id: assistant.id });
  let code = "";
  const kinds = [];
  stream.on("toolCallCreated", (call) => kinds.push(call.type)).on("toolCallDelta", (delta) => (code += delta.code_interpreter?.input ?? ""));
  await stream.finalRun();
  checkEqual("all of the code is received", [kinds, code], [["code_interpreter"], "heights = [3.1, 3.4, 4.0]\nprint(sum(heights) / len(heights))"]);
  stream = streamHelper((await makeThread("Read the gauge.")).id, { assistant_id: assistant.id });
  const run = await stream.finalRun();
  checkEqual("a call waits", run.status, "requires_action");
  stream = callNested(runs, "submitToolOutputsStream", { thread_id: run.thread_id }, run.id, { tool_outputs: outputs(run, "5 m") });
  checkEqual("the run is streamed to its end", (await stream.finalRun()).status, "completed");
  checkEqual("and the outputs are used", (await stream.finalMessages()).map((one) => one.content[0].text.value), ["The gauge reads 5 m."]);
  stream = threads.createAndRunStream({ assistant_id: assistant.id, thread: { messages: [{ role: "user", content: "Plan the morning." }] } });
  checkEqual("thread and run in one request", (await stream.finalMessages()).length, 2);
}, CAN_STREAM);

flow("azure", async () => {
  const azure = { apiKey: "sk-emu-azure", apiVersion: "2024-05-01-preview" };
  for (const more of [{ endpoint: our.URL_ }, { endpoint: our.URL_, deployment: "our-deployment" }, { baseURL: `${our.URL_}/openai` }]) {
    const options = Object.keys(more).join(" and ");
    const { assistants, threads: azureThreads } = new AzureOpenAI({ ...azure, ...more }).beta;
    const assistant = await assistants.create({ model: "our-deployment" });
    checkEqual(`by ${options}: the model is the deployment`, assistant.model, "our-deployment");
    const thread = await azureThreads.create({ messages: [{ role: "user", content: "How deep?" }] });
    const run = await azureThreads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
    checkEqual(`by ${options}: a run is completed`, run.status, "completed");
  }
}, Boolean(AzureOpenAI));
