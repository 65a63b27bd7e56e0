import { PILOT } from "./pilot-study.ts";
import type { Product } from "./product.ts";

/** Has a sequence of these bytes brought in and released; answers its page. */
export async function releasedSequence(product: Product, name: string, bytes: Buffer): Promise<string> {
  const [ingest, steward] = [product.connect("ingest"), product.connect("steward")];
  try {
    const stream = (async function* () {
      yield bytes;
    })();
    const { packetId } = await ingest.upload({ study: PILOT, files: [{ name, size: bytes.length, stream, document: { type: "ectd_sequence", site: null } }] });
    await steward.api.packets.release.mutate({ packetId, reason: "read against the source" });
    const [row] = await product.withOwner((owner) => owner<{ id: string }[]>`SELECT id FROM phi.documents WHERE packet = ${packetId}`);
    return `/documents/sequences/${row?.id}`;
  } finally {
    await Promise.all([ingest.close(), steward.close()]);
  }
}
