import { SaxesParser } from "saxes";
import { refuse } from "../dataset-faults.ts";
import { utf8Text } from "../utf8-text.ts";
import { PLACES_MAX, type ReadDocument } from "./document.ts";

const DEPTH_MAX = 256;
const ATTRIBUTES_MAX = 256;
const DOCTYPE_MAX = 4096;
/** Letters of one text, comment, instruction or tag: the most that the reader holds. */
const TOKEN_MAX = 16 * 1024 * 1024;

/** Root elements that say nothing about anybody: backbones of a submission, and the formats that come with one. */
const ROOTS: ReadonlySet<string> = new Set([
  "ectd:ectd",
  "ectd",
  "fda-regional:fda-regional",
  "eu:eu-backbone",
  "PORP_IN000001UV",
  "ClinicalDocument",
  "ODM",
  "Define",
  "TestLog",
  "html",
  "svg",
]);
/** Namespaces whose elements a browser runs. */
const RUNNABLE: ReadonlySet<string> = new Set(["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"]);

/**
 * Reads XML for being well-formed, with its namespaces, in UTF-8, in bounded memory. There is no entity but the five that XML has itself: a
 * declaration of others, or of anything else in an internal subset, is refused. An external identifier is a text here; nothing is ever
 * fetched, and nothing is opened by a name.
 *
 * @throws SallyportError `packet.invalid` with the line; whatever the source throws.
 */
export async function readXml(pieces: AsyncIterable<Uint8Array>): Promise<ReadDocument> {
  const reading = new XmlReading();
  for await (const { text, fault } of utf8Text(pieces)) {
    reading.write(text);
    if (fault !== null) refuse(reading.place, fault);
  }
  return reading.end();
}

class XmlReading {
  readonly #parser = new SaxesParser({ xmlns: true, position: true, fragment: false });
  readonly #active: string[] = [];
  #root: string | null = null;
  #depth = 0;
  #attributes = 0;
  /** Letters that were written, and those before what was told last. */
  #written = 0;
  #told = 0;

  constructor() {
    const parser = this.#parser;
    const tell = (): void => void (this.#told = this.#written);
    parser.on("error", () => refuse(this.place, "not well-formed XML"));
    parser.on("xmldecl", ({ encoding, version }) => {
      if (version !== undefined && version !== "1.0") refuse(this.place, "not XML 1.0");
      if (encoding !== undefined && encoding.toUpperCase() !== "UTF-8") refuse(this.place, "an encoding other than UTF-8");
    });
    parser.on("doctype", (doctype) => {
      tell();
      if (doctype.includes("[") || doctype.length > DOCTYPE_MAX) refuse(this.place, "a document type with declarations of its own");
    });
    parser.on("processinginstruction", ({ target }) => {
      tell();
      if (target === "xml-stylesheet") this.#note("a style sheet that a browser would fetch");
    });
    parser.on("comment", tell);
    parser.on("cdata", tell);
    parser.on("attribute", () => {
      this.#attributes += 1;
      if (this.#attributes > ATTRIBUTES_MAX) refuse(this.place, `more than ${ATTRIBUTES_MAX} attributes in one element`);
    });
    parser.on("opentag", ({ name, local, uri, isSelfClosing }) => {
      tell();
      this.#attributes = 0;
      this.#root ??= ROOTS.has(name) ? name : "other";
      if (!isSelfClosing) this.#depth += 1;
      if (this.#depth > DEPTH_MAX) refuse(this.place, `nested deeper than ${DEPTH_MAX}`);
      if (local.toLowerCase() === "script" && RUNNABLE.has(uri)) this.#note("a script");
    });
    parser.on("closetag", ({ isSelfClosing }) => {
      tell();
      if (!isSelfClosing) this.#depth -= 1;
    });
  }

  get place(): string {
    return `line ${this.#parser.line}`;
  }

  write(text: string): void {
    this.#parser.write(text);
    this.#written += text.length;
    if (this.#written - this.#told > TOKEN_MAX) refuse(this.place, "one text, comment or tag that is longer than is taken");
  }

  end(): ReadDocument {
    this.#parser.close();
    return { facts: { xmlRoot: this.#root }, notes: { active: this.#active } };
  }

  #note(what: string): void {
    if (this.#active.length < PLACES_MAX) this.#active.push(`${this.place}: ${what}`);
  }
}
