/** Names by which a PDF runs, opens, sends or carries something; ISO 32000-2 §§7.11.4, 7.7.2, 12.6.4, 12.7.6, 13.7. */
const ACTIVE: ReadonlySet<string> = new Set(["JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "OpenAction", "RichMedia", "SubmitForm", "ImportData"]);
/** A token that is cut by a window's end is looked at again in the next one; none that counts is as long as this. */
const OVERLAP = 160;
/** A name (§7.3.5) up to the next delimiter, the beginning of an object, or of what a stream holds, or its end. */
const TOKENS = /\/([^\0\t\n\f\r ()<>[\]{}/%]{1,127})|\bobj\b|\bendstream\b|\bstream\r?\n/g;

/** Where the content of a stream lies in the file. */
export interface StreamRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Counts the names of a PDF that matter, wherever they stand, and finds its object streams, in which more of them are. It reads tokens and
 * builds nothing, so what it holds doesn't grow with the file, and a file that is made to mislead a parser doesn't mislead it.
 */
export class PdfNames {
  readonly active = new Map<string, number>();
  readonly objectStreams: StreamRange[] = [];
  isEncrypted = false;
  /** Object streams beyond those that are kept. */
  unkept = 0;
  readonly #streamsMax: number;
  #window = "";
  /** Where the window begins in the file. */
  #at = 0;
  #isObjectStream = false;
  #contentFrom: number | null = null;

  constructor(streamsMax = 20_000) {
    this.#streamsMax = streamsMax;
  }

  take(piece: Uint8Array): void {
    this.#window += Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("latin1");
    this.#scan(this.#window.length - OVERLAP);
  }

  end(): void {
    this.#scan(this.#window.length);
  }

  /** Takes what begins before `until`, and keeps the rest for later. */
  #scan(until: number): void {
    if (until <= 0) return;
    let done = 0;
    TOKENS.lastIndex = 0;
    for (let match = TOKENS.exec(this.#window); match !== null && match.index < until; match = TOKENS.exec(this.#window)) {
      done = match.index + match[0].length;
      const [token, name] = match;
      if (name !== undefined) this.#name(decoded(name));
      else if (token === "obj") this.#isObjectStream = false;
      else if (token === "endstream") this.#contentEnds(this.#at + match.index);
      else this.#contentFrom ??= this.#at + done;
    }
    const cut = Math.max(done, until);
    this.#window = this.#window.slice(cut);
    this.#at += cut;
  }

  #name(name: string): void {
    if (ACTIVE.has(name)) this.active.set(name, (this.active.get(name) ?? 0) + 1);
    if (this.#contentFrom !== null) return;
    if (name === "ObjStm") this.#isObjectStream = true;
    else if (name === "Encrypt") this.isEncrypted = true;
  }

  #contentEnds(to: number): void {
    const from = this.#contentFrom;
    this.#contentFrom = null;
    if (from === null || !this.#isObjectStream) return;
    this.#isObjectStream = false;
    if (this.objectStreams.length < this.#streamsMax) this.objectStreams.push({ from, to });
    else this.unkept += 1;
  }
}

/** A name without its `#xx` (§7.3.5): `#4aavaScript` is `JavaScript`. */
const decoded = (name: string): string => (name.includes("#") ? name.replaceAll(/#([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))) : name);
