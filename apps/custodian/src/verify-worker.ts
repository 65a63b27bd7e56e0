import { parentPort, workerData } from "node:worker_threads";
import { type DeepProgress, type DeepWork, verifyDeeply } from "@sallyport/audit";
import { openTrail } from "./trail-reader.ts";

const { databaseUrl, ...work } = workerData as DeepWork & { readonly databaseUrl: string };
const reader = openTrail(databaseUrl, "sallyport-custodian-verify");
const tell = (progress: DeepProgress): void => parentPort?.postMessage({ progress });
for await (const verdict of verifyDeeply(work, reader, Date.now, tell)) parentPort?.postMessage({ verdict });
await reader.close();
