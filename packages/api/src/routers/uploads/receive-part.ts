import { UPLOAD_CHUNK_BYTES, UPLOAD_PART_BYTES, UploadPartInput, UploadPartOutput } from "@sallyport/contracts";
import type { DataKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { CHUNK_BYTES, chunkCount, fileId, sealChunk } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps, PartBody } from "../../ports.ts";
import { packetKeyPlace } from "../packets/packet-place.ts";
import { locateUpload } from "./upload-place.ts";

/**
 * Takes one part of one file: sealed chunk by chunk as it comes, so that its plaintext is never there as a whole, and kept only when all of
 * it has come (docs/spec/upload-v1.md).
 */
export const receivePart = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.part(
    { action: "packet.upload", resource: "packet", input: UploadPartInput, output: UploadPartOutput, locate: ({ packetId }, trace) => locateUpload(deps, packetId, trace) },
    {
      receive: async ({ input: { packetId, file, offset }, grant }, body) => {
        const upload = await deps.uploads.get(grant, packetId);
        if (upload === null) throw new SallyportError("policy.denied");
        if (upload.state !== "receiving") throw new SallyportError("packet.state");
        const standing = upload.files.find(({ n }) => n === file);
        if (standing === undefined) throw new SallyportError("input.invalid", { where: ["file: not one of the packet"] });
        if (standing.received !== offset) throw new SallyportError("packet.offset", { next: standing.received });
        assertLength(body.length, standing.bytes - offset);
        const key = await deps.keys.open(packetKeyPlace(upload), upload.wrapped);
        const first = offset / CHUNK_BYTES;
        const chunks = await sealAsItComes(key, body, { id: fileId(packetId, file, upload.files.length), first, last: chunkCount(standing.bytes) - 1 });
        return { packet: packetId, file, offset, bytes: body.length, chunks };
      },
      write: async ({ grant }, part) => ({ received: await deps.uploads.append(grant, part) }),
    },
  );

/** A part ends where a chunk does, or where its file does: so no chunk is ever opened again to be filled. */
function assertLength(length: number, rest: number): void {
  if (length > UPLOAD_PART_BYTES) throw new SallyportError("input.too_large");
  const isWhole = length === rest || (length < rest && length % UPLOAD_CHUNK_BYTES === 0);
  if (length === 0 || !isWhole) throw new SallyportError("input.invalid", { where: ["content-length: not the length of a part"] });
}

async function sealAsItComes(
  key: DataKey,
  { bytes, length }: PartBody,
  { id, first, last }: { readonly id: string; readonly first: number; readonly last: number },
): Promise<readonly Buffer[]> {
  const plain = Buffer.alloc(Math.min(CHUNK_BYTES, length));
  const sealed: Buffer[] = [];
  let filled = 0;
  let taken = 0;
  const seal = (): void => {
    const index = first + sealed.length;
    sealed.push(sealChunk(key, id, { index, last: index === last }, plain.subarray(0, filled)));
    filled = 0;
  };
  try {
    for await (const piece of bytes) {
      taken += piece.length;
      if (taken > length) throw new SallyportError("input.invalid", { where: ["body: longer than announced"] });
      for (let at = 0; at < piece.length; ) {
        const share = piece.subarray(at, at + CHUNK_BYTES - filled);
        plain.set(share, filled);
        filled += share.length;
        at += share.length;
        if (filled === CHUNK_BYTES) seal();
      }
    }
    if (taken !== length) throw new SallyportError("input.invalid", { where: ["body: not whole"] });
    if (filled > 0) seal();
    return sealed;
  } finally {
    plain.fill(0);
  }
}
