import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demographics, STUDY } from "./dataset.ts";
import type { DoorClient, Reply } from "./door-client.ts";
import { dataOf } from "./stack.ts";

/** A folder for a spool. */
export const newSpoolFolder = (): string => mkdtempSync(join(tmpdir(), "sallyport-spool-test-"));

/** Calls as a client does that would rather have a write kept for later. */
export const callLater = (client: DoorClient, procedure: string, input: unknown, token: string, key: string, later: "now" | "behind" = "now"): Promise<Reply> =>
  client.send({
    path: `/trpc/${procedure}`,
    headers: { authorization: `Bearer ${token}`, "idempotency-key": key, "sallyport-later": later },
    body: JSON.stringify(input),
  });

/** An upload of one invented subject. */
export const uploadOf = (subject: string, site = "701"): object => ({ study: STUDY, content: demographics([{ site, subject }]) });

/** The receipt of an answer that says that the request was kept; throws for any other. */
export function receiptOf(reply: Reply): string {
  const body = JSON.parse(reply.text) as { code?: string; receipt?: string };
  if (reply.status !== 202 || body.code !== "service.accepted_later" || body.receipt === undefined) throw new Error(`${reply.status} ${reply.text}`);
  return body.receipt;
}

/** How a receipt stands. */
export interface Standing {
  readonly state: string;
  readonly reason: string | null;
  readonly requestId: string | null;
}

export const standingOf = async (client: DoorClient, token: string, receipt: string): Promise<Standing> =>
  dataOf(await client.call("spool.status", { receipt }, token)) as Standing;

/** The sealed files of a spool, in order. */
export const sealedIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".age"))
    .toSorted()
    .map((name) => join(folder, name));

/** Whether a text stands anywhere in a folder, in any file of it. */
export const standsIn = (folder: string, text: string): boolean =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text));
