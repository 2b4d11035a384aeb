// Before the suite, in the process whose environment the workers get.

import { start } from "./server.js";

export default async () => {
  globalThis.stopEmulator = await start("greeting.yaml");
};
