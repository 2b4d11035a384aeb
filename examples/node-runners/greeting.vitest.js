import OpenAI from "openai";
import { expect, test } from "vitest";

import { greet } from "./greeting.js";
import { baseURL } from "./server.js";

test("people are greeted by their names", async () => {
  const client = new OpenAI({ baseURL: baseURL("vitest-names") });
  expect(await greet(client, "Ada")).toBe("Hello Ada, nice to meet you.");
});

test("without a namespace of its own a client finds the server by the environment", async () => {
  expect(await greet(new OpenAI(), "Grace")).toBe("Hello Grace, nice to meet you.");
});
