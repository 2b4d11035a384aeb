// Runs the flows of one Node library, which is installed in its own folder.

import "./objects.mjs";
import "./runs.mjs";
import "./faults.mjs";
import "./responses.mjs";
import { runFlows } from "./checks.mjs";

await runFlows(process.argv[2]);
// Pooled connections would keep the process alive for a while.
process.exit(0);
