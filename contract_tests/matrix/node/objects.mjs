// Assistants, threads and messages; files and stores; errors.

import * as our from "./program.mjs";
import { all, assistants, client, callNested, makeAssistant, messages, OpenAI, remove, stores, threads, toFile, VERSION } from "./program.mjs";
import { flow, check, checkRefused, checkEqual } from "./checks.mjs";

const file = (name, text, purpose = "assistants") => toFile(Buffer.from(text), name).then((upload) => client.files.create({ file: upload, purpose }));
const read = async (id) => (await client.files.content(id)).text();

flow("assistants", async () => {
  const assistant = await assistants.create({
    model: our.MODEL, name: "Hafenmeister ⚓", instructions: "Answer briefly.",
    tools: [our.CODE, { type: our.SEARCH }, our.GAUGE], metadata: { 城市: "Büsum" },
  });
  checkEqual("texts come back", [assistant.name, assistant.instructions, assistant.description], ["Hafenmeister ⚓", "Answer briefly.", null]);
  checkEqual("metadata comes back", assistant.metadata, { 城市: "Büsum" });
  checkEqual("tools come back in order", assistant.tools.map((tool) => tool.type), ["code_interpreter", our.SEARCH, "function"]);
  checkEqual("a function's schema comes back unchanged", assistant.tools[2].function.parameters, our.GAUGE.function.parameters);
  checkEqual("retrieving returns the same object", JSON.stringify(await assistants.retrieve(assistant.id)), JSON.stringify(assistant));
  checkEqual("it has the shape of its version", ["file_ids" in assistant, "tool_resources" in assistant], [our.IS_V1, !our.IS_V1]);
  checkEqual("an update changes the given fields", (await assistants.update(assistant.id, { name: "Clerk" })).name, "Clerk");
  check("the deletion is confirmed", (await remove(assistants, assistant.id)).deleted);
  await checkRefused("a deleted object is not found", OpenAI.NotFoundError, () => assistants.retrieve(assistant.id), { status: 404 });
});

flow("assistant files", async () => {
  const first = await file("tides.txt", "High water at noon.");
  const assistant = await makeAssistant([{ type: "retrieval" }], { file_ids: [first.id] });
  const other = await file("boats.txt", "Two boats.");
  checkEqual("a file is attached", (await assistants.files.create(assistant.id, { file_id: other.id })).object, "assistant.file");
  checkEqual("files are listed", new Set((await all(assistants.files.list(assistant.id))).map((one) => one.id)), new Set([first.id, other.id]));
  check("a file is detached", (await assistants.files.del(assistant.id, other.id)).deleted);
  checkEqual("then only one remains", (await assistants.retrieve(assistant.id)).file_ids, [first.id]);
}, our.IS_V1);

flow("threads and messages", async () => {
  const thread = await threads.create({ metadata: { boat: "Möwe" } });
  checkEqual("a thread can be retrieved", (await threads.retrieve(thread.id)).metadata, { boat: "Möwe" });
  checkEqual("an update replaces metadata", (await threads.update(thread.id, { metadata: { boat: "Krabbe" } })).metadata, { boat: "Krabbe" });
  const message = await messages.create(thread.id, { role: "user", content: "Is the ferry late?" });
  checkEqual("a message is created", [message.role, message.content[0].text.value, message.run_id], ["user", "Is the ferry late?", null]);
  checkEqual("it can be retrieved", (await callNested(messages, "retrieve", { thread_id: thread.id }, message.id)).id, message.id);
  const changed = await callNested(messages, "update", { thread_id: thread.id }, message.id, { metadata: { k: "w" } });
  checkEqual("its metadata can be updated", changed.metadata, { k: "w" });
  const list = await file("list.csv", "boat,length\n");
  const withFileBody = our.IS_V1 ? { file_ids: [list.id] } : { attachments: [{ file_id: list.id, tools: [our.CODE] }] };
  const withFile = await messages.create(thread.id, { role: "user", content: "See the list.", ...withFileBody });
  checkEqual("a message has a file", our.IS_V1 ? withFile.file_ids : withFile.attachments.map((one) => one.file_id), [list.id]);
  if (our.IS_V1) {
    checkEqual("its files are listed", (await all(messages.files.list(thread.id, withFile.id))).map((one) => one.object), ["thread.message.file"]);
  } else {
    check("a message is deleted", (await remove(messages, message.id, { thread_id: thread.id })).deleted);
  }
  check("a thread is deleted", (await remove(threads, thread.id)).deleted);
  await checkRefused("then it is gone", OpenAI.NotFoundError, () => threads.retrieve(thread.id), { status: 404 });
});

flow("pages", async () => {
  const thread = await threads.create();
  const ids = [];
  for (let number = 0; number < 7; number += 1) ids.push((await messages.create(thread.id, { role: "user", content: `${number}` })).id);
  await our.control("DELETE", "/requests");
  checkEqual("all pages are listed newest first", (await all(messages.list(thread.id, { limit: 3 }))).map((one) => one.id), ids.toReversed());
  // Until early 2025 the library ignored has_more and requested pages until one was empty.
  checkEqual("the number of requested pages is that of this version", await our.countRequests("GET", "/messages"), VERSION[0] === 4 && VERSION[1] < 83 ? 4 : 3);
  checkEqual("and oldest first", (await all(messages.list(thread.id, { limit: 3, order: "asc" }))).map((one) => one.id), ids);
  const last = await messages.list(thread.id, { order: "asc", after: ids.at(-1) });
  checkEqual("the page after the end is empty", [last.data, last.hasNextPage()], [[], false]);
});

flow("files", async () => {
  const created = await file("Gezeiten täglich.csv", "day,high\n");
  checkEqual("a file is created", [created.object, created.filename, created.bytes, created.purpose], ["file", "Gezeiten täglich.csv", 9, "assistants"]);
  checkEqual("it can be retrieved", (await client.files.retrieve(created.id)).id, created.id);
  check("it is listed", (await all(client.files.list({ purpose: "assistants" }))).some((one) => one.id === created.id));
  const lines = await file("lines.jsonl", '{"prompt": "a"}\n', "fine-tune");
  if (client.files.content) checkEqual("its content can be downloaded", await read(lines.id), '{"prompt": "a"}\n');
  if (client.files.waitForProcessing) checkEqual("it is processed at once", (await client.files.waitForProcessing(created.id)).status, "processed");
  check("the deletion is confirmed", (await remove(client.files, created.id)).deleted);
  await checkRefused("a deleted object is not found", OpenAI.NotFoundError, () => client.files.retrieve(created.id), { status: 404 });
});

flow("uploads in parts", async () => {
  const upload = await client.uploads.create({ bytes: 10, filename: "a.jsonl", mime_type: "text/jsonl", purpose: "fine-tune" });
  const ids = [];
  for (const text of ["12345", "67890"]) ids.push((await client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from(text), "part") })).id);
  const done = await client.uploads.complete(upload.id, { part_ids: ids });
  checkEqual("the parts are joined to a file", [done.status, done.file.bytes, await read(done.file.id)], ["completed", 10, "1234567890"]);
  const other = await client.uploads.create({ bytes: 9, filename: "a.txt", mime_type: "text/plain", purpose: "assistants" });
  checkEqual("an upload can be cancelled", (await client.uploads.cancel(other.id)).status, "cancelled");
}, Boolean(client.uploads));

flow("vector stores", async () => {
  const store = await stores.create({ name: "Papers" });
  checkEqual("a store is created", [store.object, store.name], ["vector_store", "Papers"]);
  const one = await stores.files.createAndPoll(store.id, { file_id: (await file("one.txt", "Ebb.")).id });
  checkEqual("createAndPoll returns", one.status, "completed");
  const two = await stores.files.uploadAndPoll(store.id, await toFile(Buffer.from("The ferry leaves at seven."), "two.txt"));
  checkEqual("uploadAndPoll returns", two.status, "completed");
  const ids = [(await file("x.txt", "Flood.")).id];
  const named = await Promise.all(["y.txt", "z.txt"].map((name) => toFile(Buffer.from("Slack water."), name)));
  const read = await stores.fileBatches.uploadAndPoll(store.id, { files: named, fileIds: ids });
  checkEqual("uploadAndPoll returns the store of a batch", [read.id, read.status, read.file_counts.completed], [store.id, "completed", 5]);
  const batch = await stores.fileBatches.create(store.id, { file_ids: (await all(stores.files.list(store.id))).map((found) => found.id) });
  const polled = await stores.fileBatches.poll(store.id, batch.id);
  checkEqual("poll returns", polled.status, "completed");
  const listed = await all(callNested(stores.fileBatches, "listFiles", { vector_store_id: store.id }, batch.id, { limit: 2 }));
  checkEqual("the files of a batch are listed", listed.length, 5);
  checkEqual("the store counts all of them", (await stores.retrieve(store.id)).file_counts.completed, 5);
  if (stores.search) checkEqual("the store can be searched", (await all(stores.search(store.id, { query: "ferry" })))[0].filename, "two.txt");
  check("a file is removed", (await remove(stores.files, one.id, { vector_store_id: store.id })).deleted);
  check("the store is deleted", (await remove(stores, store.id)).deleted);
}, Boolean(stores));

flow("errors", async () => {
  const unknown = `asst_${"A".repeat(24)}`;
  const error = await checkRefused("an unknown assistant", OpenAI.NotFoundError, () => assistants.retrieve(unknown), { status: 404, type: "invalid_request_error" });
  check("its message names the id", error.message.includes(`No assistant found with id '${unknown}'.`), error.message);
  await checkRefused("a tool without a type", OpenAI.BadRequestError, () => makeAssistant([{ function: { name: "f" } }]), { status: 400, param: "tools[0].type", code: "missing_required_parameter" });
  const classes = {
    400: OpenAI.BadRequestError, 401: OpenAI.AuthenticationError, 403: OpenAI.PermissionDeniedError, 404: OpenAI.NotFoundError,
    409: OpenAI.ConflictError, 422: OpenAI.UnprocessableEntityError, 429: OpenAI.RateLimitError, 500: OpenAI.InternalServerError,
  };
  for (const [status, kind] of Object.entries(classes)) {
    await our.fault({ status: Number(status), error: { message: "No.", type: "scripted", param: "p", code: "c" } }, "GET", "/models");
    await checkRefused(`${status} has its exception class`, kind, () => client.models.list({ maxRetries: 0 }), { status: Number(status), code: "c" });
  }
});

flow("retries", async () => {
  for (const status of [429, 500]) {
    await our.control("DELETE", "/requests");
    await our.fault({ status, headers: { "retry-after-ms": "2", "retry-after": "0.01" } }, "GET", "/models");
    check(`${status} is retried`, (await all(client.models.list())).length);
    checkEqual(`${status} once`, await our.countRequests("GET", "/models"), 2);
  }
  await our.control("DELETE", "/requests");
  await our.fault({ status: 500, headers: { "x-should-retry": "false" } }, "GET", "/models");
  await checkRefused("a retry that the server forbids is not made", OpenAI.InternalServerError, () => client.models.list());
  checkEqual("only one request is made", await our.countRequests("GET", "/models"), 1);
});
