import { Readable } from "node:stream";
import { type Entry, fromRandomAccessReader, type LocalFileHeader, type Options, RandomAccessReader, type ZipFile } from "yauzl";
import { refuse } from "../dataset-faults.ts";
import type { DocumentSource } from "./document.ts";

/** Names stay bytes: what they mean is ours to decide. */
const OPTIONS: Options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };

/** Reads headers of an archive whose bytes are asked for as they are needed, and tells a failing source from a faulty archive. */
export class ZipReader {
  readonly #bytes: SourceReader;
  #zip: ZipFile | null = null;

  constructor(source: DocumentSource) {
    this.#bytes = new SourceReader(source);
  }

  /** The directory's entries, one at a time. @throws SallyportError `packet.invalid`; whatever the source throws. */
  async *entries(): AsyncGenerator<Entry> {
    const zip = await this.#ask<ZipFile>("the directory", (done) => fromRandomAccessReader(this.#bytes, this.#bytes.source.bytes, OPTIONS, done));
    this.#zip = zip;
    const told: { entry: (entry: Entry | null) => void; fault: (error: Error) => void } = { entry: () => undefined, fault: () => undefined };
    zip.on("entry", (entry: Entry) => told.entry(entry));
    zip.on("end", () => told.entry(null));
    zip.on("error", (error: Error) => told.fault(error));
    for (let n = 1; ; n += 1) {
      const entry = await this.#ask<Entry | null>(`entry ${n}`, (done) => {
        told.entry = (next) => done(null, next);
        told.fault = (error) => done(error, null);
        zip.readEntry();
      });
      if (entry === null) return;
      yield entry;
    }
  }

  /** The header that lies before an entry's content. @throws as {@link ZipReader.entries}. */
  async localHeader(entry: Entry, place: string): Promise<LocalFileHeader> {
    const zip = this.#zip;
    if (zip === null) throw new TypeError("the directory comes first");
    return this.#ask<LocalFileHeader>(place, (done) => zip.readLocalFileHeader(entry, { minimal: false }, done));
  }

  async #ask<T>(place: string, ask: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
    try {
      return await this.#bytes.unlessBroken(new Promise<T>((resolve, reject) => ask((error, value) => (error === null ? resolve(value) : reject(error)))));
    } catch {
      if (this.#bytes.failure !== null) throw this.#bytes.failure;
      refuse(place, "not as a zip archive has it");
    }
  }
}

/** The source in the reader's own terms. What goes wrong in a callback ends the reading, and nothing else. */
class SourceReader extends RandomAccessReader {
  readonly source: DocumentSource;
  /** What the source threw, if it did. */
  failure: unknown = null;
  readonly #broken: Promise<never>;
  #break: (error: unknown) => void = () => undefined;

  constructor(source: DocumentSource) {
    super();
    this.source = source;
    this.#broken = new Promise((_, reject) => (this.#break = reject));
    this.#broken.catch(() => undefined);
  }

  unlessBroken<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#broken]);
  }

  override _readStreamForRange(): Readable {
    throw new TypeError("content is read by its own reader");
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    void this.#read(buffer, offset, length, position, callback).catch((error: unknown) => this.#break(error));
  }

  async #read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null, bytesRead?: number) => void): Promise<void> {
    if (position < 0 || position + length > this.source.bytes) return callback(new RangeError("beyond the file"));
    try {
      (await this.source.read(position, length)).copy(buffer, offset);
    } catch (error) {
      this.failure = error;
      throw error;
    }
    callback(null, length);
  }
}
