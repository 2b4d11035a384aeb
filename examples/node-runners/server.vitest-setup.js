// Before the suite, in the process whose environment the workers get. What is returned runs after it.

import { start } from "./server.js";

export const setup = () => start("greeting.yaml");
