// Run by `npm test`, which is: assistants-emulator exec --script weather.yaml -- node --test

import assert from "node:assert/strict";
import test from "node:test";

import { namespace } from "./emulator.js";
import { ask, tell } from "./weather.js";

test("a forecast is made of what the program measures", async () => {
  const { client } = namespace("forecast");
  const asked = [];
  const answer = await ask(client, "What is the weather in Oslo?", async (city) => {
    asked.push(city);
    return { celsius: 4 };
  });
  assert.deepEqual(asked, ["Oslo"]);
  assert.deepEqual(answer, { status: "completed", text: "Oslo has 4 degrees." });
});

test("a story comes in pieces, and its delays take no time", async () => {
  const { client } = namespace("story");
  const pieces = [];
  const status = await tell(client, (piece) => pieces.push(piece));
  assert.equal(status, "completed");
  assert.ok(pieces.length > 3);
  assert.equal(pieces.join(""), "Once upon a time it rained for a week.");
});

test("a request that is refused for a moment is sent again", async () => {
  const { client, control } = namespace("busy");
  const match = { method: "POST", path: "/threads/*/runs" };
  await control("POST", "/faults", { match, times: 1, do: { status: 429, headers: { "retry-after-ms": "5" } } });
  const answer = await ask(client, "Good morning");
  assert.equal(answer.text, "Good morning! The sun is out.");
  const { requests } = await control("GET", "/requests");
  const runs = requests.filter(({ method, path }) => method === "POST" && path.endsWith("/runs"));
  assert.deepEqual(runs.map(({ status }) => status), [429, 200]);
});

test("a run whose outputs come too late has expired", async () => {
  const { client, control } = namespace("late");
  const answer = await ask(client, "What is the weather in Lima?", async () => {
    await control("POST", "/clock/advance", { by: "11m" });
    return { celsius: 20 };
  });
  assert.deepEqual(answer, { status: "expired", text: null });
});
