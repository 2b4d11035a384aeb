import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["*.vitest.js"], globalSetup: "./server.vitest-setup.js" } });
