import { SallyportError } from "@sallyport/errors";
import { type DocumentRow, fileId, openFile } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { ApiDeps } from "../ports.ts";
import { chunksOf } from "../routers/packets/stored-files.ts";
import { packetKeyPlace } from "../routers/packets/packet-place.ts";

/** A released version's bytes from its beginning, opened chunk by chunk within the crossing. @throws SallyportError `phi.integrity`, `policy.denied`. */
export async function* documentBytes<Tx>(deps: ApiDeps<Tx>, grant: Grant, { id, version, study, bytes }: DocumentRow): AsyncGenerator<Buffer> {
  const content = await deps.read((tx) => deps.documents.content(tx, grant, id, version));
  if (content === null) throw new SallyportError("policy.denied");
  const { packet, file, files, wrapped } = content;
  const key = await deps.keys.open(packetKeyPlace({ id: packet, study }), wrapped);
  yield* openFile(
    key,
    fileId(packet, file, files),
    bytes,
    chunksOf(file, (part) => deps.read((tx) => deps.documents.chunks(tx, grant, packet, part))),
  );
}
