// A server for a suite that is not run by `assistants-emulator exec`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Start a server where there is none, and let the environment lead to it; return what stops it. */
export async function start(script) {
  if (process.env.EMULATOR_URL) return async () => {}; // exec has started one
  const folder = mkdtempSync(join(tmpdir(), "emulator-"));
  const ready = join(folder, "ready.json");
  const serve = ["serve", "--port", "0", "--ready-file", ready, "--clock", "auto", "--script", script];
  const server = spawn("assistants-emulator", serve, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(server, "exit"); // rejects where there is no such command
  const hasEnded = ended.then(() => true);
  while (!existsSync(ready)) {
    if (await Promise.race([hasEnded, setTimeout(50, false)])) throw new Error("the emulator did not start");
  }
  const { url, control_url: control } = JSON.parse(readFileSync(ready, "utf8"));
  Object.assign(process.env, {
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: "sk-emu-default",
    EMULATOR_URL: url,
    EMULATOR_CONTROL_URL: control,
  });
  return async () => {
    server.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };
}

/** Return the base URL of a namespace, whose data, clock and faults no other test sees. */
export const baseURL = (namespace) => `${process.env.EMULATOR_URL}/ns/${namespace}/v1`;
