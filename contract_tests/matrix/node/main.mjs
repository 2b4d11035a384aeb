// The flows of one Node library, run as a program that finds the library in its own folder.

import "./objects.mjs";
import "./runs.mjs";
import { runFlows } from "./telling.mjs";

const awake = setInterval(() => {}, 1000);
await runFlows(process.argv[2]);
console.error("END");
// Pooled connections would keep the program for a while.
process.exit(0);
