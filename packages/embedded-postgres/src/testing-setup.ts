import { madeOnce } from "./testing-once.ts";
import { startTemporary } from "./testing-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    sallyportPostgres: string;
  }
}

/**
 * Vitest's global setup: one cluster for the whole run, started when the first test asks for it over a local socket,
 * and gone when the run ends.
 */
export default async function setup(project: { provide(name: "sallyportPostgres", value: string): void }): Promise<() => Promise<void>> {
  const cluster = await madeOnce("postgres", async () => {
    const server = await startTemporary(false);
    return { told: { url: server.url }, dispose: () => server.dispose() };
  });
  project.provide("sallyportPostgres", cluster.path);
  return () => cluster.close();
}
