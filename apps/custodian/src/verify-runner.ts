import { Worker } from "node:worker_threads";
import type { DeepProgress, DeepVerdict } from "@sallyport/audit";
import type { DeepRunner } from "@sallyport/custody/incidents";
import { SallyportError } from "@sallyport/errors";

/** In a worker thread, with a connection of its own, by the URL in a file. */
export const workerRunner =
  (databaseUrlFile: string): DeepRunner =>
  (work, take, tell) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./verify-worker.js", import.meta.url), { workerData: { ...work, databaseUrlFile } });
      worker.on("message", (said: { readonly verdict: DeepVerdict } | { readonly progress: DeepProgress }) => ("verdict" in said ? take(said.verdict) : tell(said.progress)));
      worker.once("error", (error) => reject(new SallyportError("trail.unavailable", {}, error)));
      worker.once("exit", (code) => (code === 0 ? resolve() : reject(new SallyportError("trail.unavailable", { worker: code }))));
    });
