// What a test needs of the emulator: a namespace of its own, and the control API of that namespace.

import OpenAI from "openai";

const { EMULATOR_URL, EMULATOR_CONTROL_URL, EMULATOR_CONTROL_TOKEN } = process.env;

/** Return a client and the control API of a namespace, whose data, clock and faults no other test sees. */
export function namespace(name) {
  const client = new OpenAI({ baseURL: `${EMULATOR_URL}/ns/${name}/v1` });
  const headers = { "Content-Type": "application/json" };
  if (EMULATOR_CONTROL_TOKEN) headers.Authorization = `Bearer ${EMULATOR_CONTROL_TOKEN}`;

  async function control(method, path, body) {
    const url = `${EMULATOR_CONTROL_URL}/ns/${name}${path}`;
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.error.message);
    return data;
  }

  return { client, control };
}
