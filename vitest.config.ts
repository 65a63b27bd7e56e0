import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/**/*.test.ts", "apps/**/*.test.{ts,tsx}", "e2e/**/*.test.ts", "bench/**/*.test.ts", "scripts/**/*.test.mjs", "tooling/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/.next/**", "**/.cache/**"],
    globalSetup: ["packages/embedded-postgres/dist/testing-setup.js"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    unstubEnvs: true,
    reporters: ["default", "json"],
    outputFile: { json: "test-results/vitest.json" },
  },
});
