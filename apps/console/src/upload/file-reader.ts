import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** A file of the person's machine, as much of it as is needed here. */
export interface LocalFile {
  readonly name: string;
  readonly size: number;
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/**
 * Reads a file piece by piece, each as it is asked for, and digests its bytes in order on the way, each once, whichever pieces are read again.
 * No more than a piece is held at a time, however large the file is. WebCrypto can only digest what is in memory whole.
 */
export class FileReading {
  readonly #file: LocalFile;
  readonly #digest = sha256.create();
  #digested = 0;

  constructor(file: LocalFile) {
    this.#file = file;
  }

  /** The bytes from `offset`, `length` of them or as many as there are. @throws NotReadableError of the browser where the file was changed or taken away */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.#digestUpTo(offset, length);
    const piece = await this.#slice(offset, length);
    this.#take(offset, piece);
    return piece;
  }

  /** SHA-256 of the whole file, lower-case hex; what wasn't read yet is read now. */
  async sha256(pieceBytes: number): Promise<string> {
    await this.#digestUpTo(this.#file.size, pieceBytes);
    return bytesToHex(this.#digest.clone().digest());
  }

  async #digestUpTo(offset: number, pieceBytes: number): Promise<void> {
    while (this.#digested < offset) this.#take(this.#digested, await this.#slice(this.#digested, Math.min(pieceBytes, offset - this.#digested)));
  }

  #take(offset: number, piece: Uint8Array): void {
    const fresh = piece.subarray(Math.max(0, this.#digested - offset));
    this.#digest.update(fresh);
    this.#digested += fresh.length;
  }

  async #slice(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#file.slice(offset, Math.min(this.#file.size, offset + length)).arrayBuffer());
  }
}
