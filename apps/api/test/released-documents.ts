import type { DoorClient } from "./door-client.ts";
import { STUDY } from "./dataset.ts";
import { type Api, dataOf, type Deployment } from "./stack.ts";
import { sha256 } from "./upload-steps.ts";

/** Who brings documents in, through which certificate. */
export interface Sender {
  readonly client: DoorClient;
  readonly token: string;
}

/** A document that is to be brought in. */
export interface Brought {
  readonly bytes: Buffer;
  readonly type: "ectd_sequence" | "irb_correspondence" | "investigator_credential";
  readonly site: string | null;
  readonly replaces?: string;
}

const PART = 1_048_576;

/** Brings documents in as one packet, has a steward release it, and answers their ids in order. */
export async function releasedDocuments(at: Deployment, api: Api, { client, token }: Sender, documents: readonly Brought[]): Promise<readonly string[]> {
  const files = documents.map(({ bytes, ...document }, n) => ({ name: `file-${n}.pdf`, bytes: bytes.length, document }));
  const { packetId } = dataOf(await client.call("packets.begin", { study: STUDY, files }, token)) as { packetId: string };
  for (const [n, { bytes }] of documents.entries()) {
    for (let offset = 0; offset < bytes.length; offset += PART) dataOf(await client.part({ packetId, file: n + 1, offset }, bytes.subarray(offset, offset + PART), token));
  }
  dataOf(await client.call("packets.complete", { packetId, files: documents.map(({ bytes }, n) => ({ n: n + 1, sha256: sha256(bytes) })) }, token));
  dataOf(await api.call("steward", "packets.release", { packetId, reason: "checked against the source" }));
  return (await at.owner.run<{ id: string }>`SELECT id FROM phi.documents WHERE packet = ${packetId} ORDER BY file`).map(({ id }) => id);
}
