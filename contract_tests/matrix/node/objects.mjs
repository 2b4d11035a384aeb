// Assistants, threads and messages; files and stores; what goes wrong.

import * as our from "./program.mjs";
import { all, assistants, client, inside, makeAssistant, messages, OpenAI, remove, stores, threads, toFile, VERSION } from "./program.mjs";
import { flow, holds, refused, same } from "./telling.mjs";

const file = (name, text, purpose = "assistants") => toFile(Buffer.from(text), name).then((made) => client.files.create({ file: made, purpose }));
const read = async (id) => (await client.files.content(id)).text();

flow("assistants", async () => {
  const made = await assistants.create({
    model: our.MODEL, name: "Hafenmeister ⚓", instructions: "Answer briefly.",
    tools: [our.CODE, { type: our.SEARCH }, our.GAUGE], metadata: { 城市: "Büsum" },
  });
  same("texts come back", [made.name, made.instructions, made.description], ["Hafenmeister ⚓", "Answer briefly.", null]);
  same("metadata comes back", made.metadata, { 城市: "Büsum" });
  same("tools come back in order", made.tools.map((tool) => tool.type), ["code_interpreter", our.SEARCH, "function"]);
  same("a function's schema comes back unchanged", made.tools[2].function.parameters, our.GAUGE.function.parameters);
  same("retrieved, it is the same", JSON.stringify(await assistants.retrieve(made.id)), JSON.stringify(made));
  same("its shape is of its time", ["file_ids" in made, "tool_resources" in made], [our.IS_V1, !our.IS_V1]);
  same("an update changes what it names", (await assistants.update(made.id, { name: "Clerk" })).name, "Clerk");
  holds("a deletion is told", (await remove(assistants, made.id)).deleted);
  await refused("what is deleted is not found", OpenAI.NotFoundError, () => assistants.retrieve(made.id), { status: 404 });
});

flow("assistant files", async () => {
  const first = await file("tides.txt", "High water at noon.");
  const made = await makeAssistant([{ type: "retrieval" }], { file_ids: [first.id] });
  const other = await file("boats.txt", "Two boats.");
  same("a file is attached", (await assistants.files.create(made.id, { file_id: other.id })).object, "assistant.file");
  same("files are listed", new Set((await all(assistants.files.list(made.id))).map((one) => one.id)), new Set([first.id, other.id]));
  holds("a file is detached", (await assistants.files.del(made.id, other.id)).deleted);
  same("then only one is left", (await assistants.retrieve(made.id)).file_ids, [first.id]);
}, our.IS_V1);

flow("threads and messages", async () => {
  const thread = await threads.create({ metadata: { boat: "Möwe" } });
  same("a thread is found", (await threads.retrieve(thread.id)).metadata, { boat: "Möwe" });
  same("an update replaces metadata", (await threads.update(thread.id, { metadata: { boat: "Krabbe" } })).metadata, { boat: "Krabbe" });
  const made = await messages.create(thread.id, { role: "user", content: "Is the ferry late?" });
  same("a message is made", [made.role, made.content[0].text.value, made.run_id], ["user", "Is the ferry late?", null]);
  same("it is found", (await inside(messages, "retrieve", { thread_id: thread.id }, made.id)).id, made.id);
  const changed = await inside(messages, "update", { thread_id: thread.id }, made.id, { metadata: { k: "w" } });
  same("its metadata may change", changed.metadata, { k: "w" });
  const list = await file("list.csv", "boat,length\n");
  const carried = our.IS_V1 ? { file_ids: [list.id] } : { attachments: [{ file_id: list.id, tools: [our.CODE] }] };
  const carrying = await messages.create(thread.id, { role: "user", content: "See the list.", ...carried });
  same("a message carries a file", our.IS_V1 ? carrying.file_ids : carrying.attachments.map((one) => one.file_id), [list.id]);
  if (our.IS_V1) {
    same("its files are listed", (await all(messages.files.list(thread.id, carrying.id))).map((one) => one.object), ["thread.message.file"]);
  } else {
    holds("a message is deleted", (await remove(messages, made.id, { thread_id: thread.id })).deleted);
  }
  holds("a thread is deleted", (await remove(threads, thread.id)).deleted);
  await refused("then it is gone", OpenAI.NotFoundError, () => threads.retrieve(thread.id), { status: 404 });
});

flow("pages", async () => {
  const thread = await threads.create();
  const made = [];
  for (let number = 0; number < 7; number += 1) made.push((await messages.create(thread.id, { role: "user", content: `${number}` })).id);
  await our.control("DELETE", "/requests");
  same("every page is turned, newest first", (await all(messages.list(thread.id, { limit: 3 }))).map((one) => one.id), made.toReversed());
  // Until the first months of 2025 has_more was not looked at: the library asked until a page came empty.
  same("as many pages are asked for as this version asks for", await our.asked("GET", "/messages"), VERSION[0] === 4 && VERSION[1] < 83 ? 4 : 3);
  same("and oldest first", (await all(messages.list(thread.id, { limit: 3, order: "asc" }))).map((one) => one.id), made);
  const last = await messages.list(thread.id, { order: "asc", after: made.at(-1) });
  same("past the end there is an empty page", [last.data, last.hasNextPage()], [[], false]);
});

flow("files", async () => {
  const made = await file("Gezeiten täglich.csv", "day,high\n");
  same("a file is made", [made.object, made.filename, made.bytes, made.purpose], ["file", "Gezeiten täglich.csv", 9, "assistants"]);
  same("it is found", (await client.files.retrieve(made.id)).id, made.id);
  holds("it is listed", (await all(client.files.list({ purpose: "assistants" }))).some((one) => one.id === made.id));
  const lines = await file("lines.jsonl", '{"prompt": "a"}\n', "fine-tune");
  if (client.files.content) same("its content is given back", await read(lines.id), '{"prompt": "a"}\n');
  if (client.files.waitForProcessing) same("it is processed at once", (await client.files.waitForProcessing(made.id)).status, "processed");
  holds("a deletion is told", (await remove(client.files, made.id)).deleted);
  await refused("what is deleted is not found", OpenAI.NotFoundError, () => client.files.retrieve(made.id), { status: 404 });
});

flow("uploads in parts", async () => {
  const upload = await client.uploads.create({ bytes: 10, filename: "a.jsonl", mime_type: "text/jsonl", purpose: "fine-tune" });
  const ids = [];
  for (const text of ["12345", "67890"]) ids.push((await client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from(text), "part") })).id);
  const done = await client.uploads.complete(upload.id, { part_ids: ids });
  same("together the parts are a file", [done.status, done.file.bytes, await read(done.file.id)], ["completed", 10, "1234567890"]);
  const other = await client.uploads.create({ bytes: 9, filename: "a.txt", mime_type: "text/plain", purpose: "assistants" });
  same("an upload may be given up", (await client.uploads.cancel(other.id)).status, "cancelled");
}, Boolean(client.uploads));

flow("vector stores", async () => {
  const store = await stores.create({ name: "Papers" });
  same("a store is made", [store.object, store.name], ["vector_store", "Papers"]);
  const one = await stores.files.createAndPoll(store.id, { file_id: (await file("one.txt", "Ebb.")).id });
  same("createAndPoll ends", one.status, "completed");
  const two = await stores.files.uploadAndPoll(store.id, await toFile(Buffer.from("The ferry leaves at seven."), "two.txt"));
  same("uploadAndPoll ends", two.status, "completed");
  const ids = [(await file("x.txt", "Flood.")).id];
  const named = await Promise.all(["y.txt", "z.txt"].map((name) => toFile(Buffer.from("Slack water."), name)));
  const batch = await stores.fileBatches.uploadAndPoll(store.id, { files: named, fileIds: ids });
  same("a batch ends", [batch.status, batch.file_counts.completed], ["completed", 3]);
  const listed = await all(inside(stores.fileBatches, "listFiles", { vector_store_id: store.id }, batch.id, { limit: 2 }));
  same("its files are listed", listed.length, 3);
  same("the store counts them all", (await stores.retrieve(store.id)).file_counts.completed, 5);
  if (stores.search) same("the store is searched", (await all(stores.search(store.id, { query: "ferry" })))[0].filename, "two.txt");
  holds("a file is taken out", (await remove(stores.files, one.id, { vector_store_id: store.id })).deleted);
  holds("the store is deleted", (await remove(stores, store.id)).deleted);
}, Boolean(stores));

flow("errors", async () => {
  const unknown = `asst_${"A".repeat(24)}`;
  const error = await refused("an unknown assistant", OpenAI.NotFoundError, () => assistants.retrieve(unknown), { status: 404, type: "invalid_request_error" });
  holds("is named", error.message.includes(`No assistant found with id '${unknown}'.`), error.message);
  await refused("a tool without a type", OpenAI.BadRequestError, () => makeAssistant([{ function: { name: "f" } }]), { status: 400, param: "tools[0].type", code: "missing_required_parameter" });
  const classes = {
    400: OpenAI.BadRequestError, 401: OpenAI.AuthenticationError, 403: OpenAI.PermissionDeniedError, 404: OpenAI.NotFoundError,
    409: OpenAI.ConflictError, 422: OpenAI.UnprocessableEntityError, 429: OpenAI.RateLimitError, 500: OpenAI.InternalServerError,
  };
  for (const [status, kind] of Object.entries(classes)) {
    await our.fault({ status: Number(status), error: { message: "No.", type: "scripted", param: "p", code: "c" } }, "GET", "/models");
    await refused(`${status} has its class`, kind, () => client.models.list({ maxRetries: 0 }), { status: Number(status), code: "c" });
  }
});

flow("retries", async () => {
  for (const status of [429, 500]) {
    await our.control("DELETE", "/requests");
    await our.fault({ status, headers: { "retry-after-ms": "2", "retry-after": "0.01" } }, "GET", "/models");
    holds(`${status} is tried again`, (await all(client.models.list())).length);
    same(`${status} once`, await our.asked("GET", "/models"), 2);
  }
  await our.control("DELETE", "/requests");
  await our.fault({ status: 500, headers: { "x-should-retry": "false" } }, "GET", "/models");
  await refused("a server that forbids it is obeyed", OpenAI.InternalServerError, () => client.models.list());
  same("at once", await our.asked("GET", "/models"), 1);
});
