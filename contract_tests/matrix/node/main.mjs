// The flows of one Node library, run as a program that finds the library in its own folder.

import "./objects.mjs";
import "./runs.mjs";
import { runFlows } from "./telling.mjs";

await runFlows(process.argv[2]);
// Pooled connections would keep the program for a while.
process.exit(0);
