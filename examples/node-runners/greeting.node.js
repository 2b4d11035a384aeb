import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import OpenAI from "openai";

import { greet } from "./greeting.js";
import { baseURL, start } from "./server.js";

// Each file is a process: without exec, each has a server of its own.
let stop;
before(async () => {
  stop = await start("greeting.yaml");
});
after(() => stop());

test("people are greeted by their names", async () => {
  const client = new OpenAI({ baseURL: baseURL("node-names") });
  assert.equal(await greet(client, "Ada"), "Hello Ada, nice to meet you.");
});

test("without a namespace of its own a client finds the server by the environment", async () => {
  assert.equal(await greet(new OpenAI(), "Grace"), "Hello Grace, nice to meet you.");
});
