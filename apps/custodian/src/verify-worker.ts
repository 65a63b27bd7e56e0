import { parentPort, workerData } from "node:worker_threads";
import { type DeepProgress, type DeepWork, verifyDeeply } from "@sallyport/audit";
import { readDatabaseUrl } from "./settings.ts";
import { openTrail } from "./trail-reader.ts";

const { databaseUrlFile, ...work } = workerData as DeepWork & { readonly databaseUrlFile: string };
const reader = openTrail(() => readDatabaseUrl(databaseUrlFile), "sallyport-custodian-verify");
const tell = (progress: DeepProgress): void => parentPort?.postMessage({ progress });
for await (const verdict of verifyDeeply(work, reader, Date.now, tell)) parentPort?.postMessage({ verdict });
await reader.close();
