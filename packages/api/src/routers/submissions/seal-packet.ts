import { SealPacketInput, SealPacketOutput } from "@sallyport/contracts";
import { newId, RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import { type PacketManifest, type PacketRow, packPacket } from "@sallyport/submission";
import { storedProof } from "../../archives/stored-proof.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { documentBytes } from "../../submissions/document-bytes.ts";
import { standingManifest } from "../../submissions/standing-manifest.ts";
import { locateSubmission } from "../../submissions/submission-place.ts";
import { ASSEMBLE } from "./assemble-submission.ts";

/** Of the chunks that sealed bytes are kept in. */
const CHUNK_BYTES = 1_048_576;
/** An attempt that wasn't heard of for so long is over: each chunk that it keeps is a word from it. */
const ALONE_MS = 120_000;

interface Sealed {
  readonly attempt: string | null;
  readonly sha256: string;
  readonly length: number;
}

/**
 * Seals a released packet to its recipient: documents are opened here, within the crossing, and what is kept is sealed already. The bytes come in
 * chunks of their own transactions; what they are is on record with the last one, or they are nobody's and go. Asked again, what was sealed is told.
 */
export const sealPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...ASSEMBLE, input: SealPacketInput, output: SealPacketOutput, recorded: "once", locate: ({ packetId }, trace) => locateSubmission(deps, packetId, trace) },
    {
      prepare: async ({ input: { packetId }, grant, trace }): Promise<Sealed> => {
        const packet = await deps.read((tx) => deps.submissions.packet(tx, grant, packetId));
        if (packet === null) throw new SallyportError("policy.denied");
        if (packet.sealed !== null) return { attempt: null, ...packet.sealed };
        if (packet.released === null) throw new SallyportError("packet.state");
        const manifest = await standingManifest(deps, grant, packet, "released");
        const release = await releaseProof(deps, grant, packetId, packet.released.atMs);
        const attempt = newId("att");
        await deps.submissions.beginSeal(grant, { packet: packetId, attempt, atMs: deps.now(), aloneForMs: ALONE_MS });
        try {
          const told = await keep(deps, grant, { packet, manifest, release, attempt });
          trace.note({ packet: packetId, sealed: told.sha256, length: told.length });
          return { attempt, ...told };
        } catch (error) {
          // Where this fails too, the attempt is over by itself after a time.
          await deps.submissions.abandonSeal(grant, { packet: packetId, attempt }).catch(() => undefined);
          throw error;
        }
      },
      commit: async (tx, { input: { packetId }, grant }, { attempt, sha256, length }) => {
        if (attempt !== null) await deps.submissions.seal(tx, grant, { packet: packetId, attempt, sha256, length, atMs: deps.now() });
        return { sha256, length };
      },
    },
  );

async function keep<Tx>(
  deps: ApiDeps<Tx>,
  grant: Grant,
  { packet, manifest, release, attempt }: { readonly packet: PacketRow; readonly manifest: PacketManifest; readonly release: string; readonly attempt: string },
): Promise<{ readonly sha256: string; readonly length: number }> {
  const signature = packet.released?.signature ?? "";
  const byPath = new Map(manifest.files.map((file) => [file.path, file]));
  const open = (path: string): AsyncIterable<Uint8Array> => contentOf(deps, grant, packet.id, byPath.get(path));
  const run = deps.sealPacket(manifest.recipient.key, packPacket({ signature, release, files: manifest.files, open }));
  // While one chunk is written, the next is sealed; there are never more than these two.
  let [room, written] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
  let [filled, n] = [0, 0];
  let writing: Promise<void> = Promise.resolve();
  const put = async (): Promise<void> => {
    await writing;
    writing = deps.submissions.putChunk(grant, { packet: packet.id, attempt, n, bytes: room.subarray(0, filled), atMs: deps.now() });
    writing.catch(() => undefined);
    [room, written] = [written, room];
    [filled, n] = [0, n + 1];
  };
  try {
    for (;;) {
      const next = await run.next();
      if (next.done === true) {
        if (filled > 0) await put();
        await writing;
        return next.value;
      }
      for (let at = 0; at < next.value.length; ) {
        const piece = next.value.subarray(at, at + CHUNK_BYTES - filled);
        room.set(piece, filled);
        filled += piece.length;
        at += piece.length;
        if (filled === CHUNK_BYTES) await put();
      }
    }
  } finally {
    await writing.catch(() => undefined);
    await run.return({ sha256: "", length: 0 });
  }
}

/** The record of the approval with its proof: a packet isn't sealed before it is under a checkpoint. It is in `system`, and in each site's chain. */
async function releaseProof<Tx>(deps: ApiDeps<Tx>, grant: Grant, packet: string, fromMs: number): Promise<string> {
  const [record] = await deps.read((tx) => deps.submissions.releaseRecords(tx, grant, packet));
  return storedProof(deps, record, { chain: "system", fromMs });
}

/** A listed file's bytes; what isn't byte for byte what was approved is never sealed to its end. */
async function* contentOf<Tx>(deps: ApiDeps<Tx>, grant: Grant, packet: string, file: PacketManifest["files"][number] | undefined): AsyncGenerator<Uint8Array> {
  if (file === undefined) throw new SallyportError("phi.integrity", { packet });
  const digest = new RunningSha256();
  for await (const piece of bytesOf(deps, grant, packet, file)) {
    digest.update(piece);
    yield piece;
  }
  if (digest.hex() !== file.sha256) throw new SallyportError("phi.integrity", { packet, path: file.path });
}

async function* bytesOf<Tx>(deps: ApiDeps<Tx>, grant: Grant, packet: string, { path, document, version }: PacketManifest["files"][number]): AsyncGenerator<Uint8Array> {
  if (document === null) {
    const content = await deps.read((tx) => deps.submissions.made(tx, grant, packet, path));
    if (content === null) throw new SallyportError("phi.integrity", { packet, path });
    yield content;
    return;
  }
  const row = (await deps.read((tx) => deps.documents.versions(tx, grant, document))).find((each) => each.version === version);
  if (row === undefined) throw new SallyportError("policy.denied");
  yield* documentBytes(deps, grant, row);
}
