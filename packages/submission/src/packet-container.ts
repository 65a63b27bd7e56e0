import { byPath } from "./tree-path.ts";
import type { PacketFile } from "./packet-manifest.ts";
import { paddingOf, TAR_END, tarHeader } from "./tar-header.ts";
import { SallyportError } from "@sallyport/errors";

/** The signed manifest, and the proof that its release is on record: first and second in every packet. */
export const [SIGNATURE_FILE, RELEASE_FILE] = ["manifest.jws", "release.proof"] as const;

/** What a packet is packed from. */
export interface PacketContent {
  readonly signature: string;
  readonly release: string;
  readonly files: readonly Pick<PacketFile, "path" | "bytes">[];
  /** A file's bytes, exactly as many as it has. */
  readonly open: (path: string) => AsyncIterable<Uint8Array>;
}

/**
 * Packs a packet, a piece at a time: the same content gives the same bytes (docs/spec/sealed-packet-v1.md, section 4).
 *
 * @throws SallyportError `phi.integrity` where a file has more or fewer bytes than it should.
 */
export async function* packPacket({ signature, release, files, open }: PacketContent): AsyncGenerator<Uint8Array> {
  for (const [path, text] of [[SIGNATURE_FILE, signature] as const, [RELEASE_FILE, release] as const]) {
    const bytes = Buffer.from(text, "utf8");
    yield Buffer.concat([tarHeader(path, bytes.length), bytes, Buffer.alloc(paddingOf(bytes.length))]);
  }
  for (const { path, bytes } of [...files].sort(byPath)) {
    yield tarHeader(path, bytes);
    let written = 0;
    for await (const piece of open(path)) {
      written += piece.length;
      if (written > bytes) break;
      yield piece;
    }
    if (written !== bytes) throw new SallyportError("phi.integrity", { path });
    const padding = paddingOf(bytes);
    if (padding > 0) yield Buffer.alloc(padding);
  }
  yield TAR_END;
}
