import { SaxesParser } from "saxes";
import { BACKBONE, BACKBONE_MD5, isLeaf, type Leaf } from "./backbone.ts";
import { pathFault } from "./tree-path.ts";

/** What a backbone refers to. */
interface Reference {
  readonly href: string;
  readonly checksum: string;
  readonly type: string;
  readonly operation: string;
}

/** Bytes of a backbone at most. */
export const BACKBONE_BYTES_MAX = 8 * 1024 * 1024;
const TOO_LONG = `longer than the ${BACKBONE_BYTES_MAX / 1024 / 1024} MiB that are taken of a backbone`;
const LEAVES_MAX = 20_000;

class NoBackbone extends Error {}

/** The leaves of a backbone, ICH's or a region's. Entities stay shut: there are none but XML's own five, and a document type with declarations is refused. */
function readBackbone(text: string): readonly Reference[] {
  const found: Reference[] = [];
  const parser = new SaxesParser({ xmlns: true, fragment: false });
  const refuse = (why: string): never => {
    throw new NoBackbone(why);
  };
  parser.on("error", () => refuse("not well-formed XML"));
  parser.on("doctype", (doctype) => void (doctype.includes("[") && refuse("a document type with declarations of its own")));
  parser.on("opentag", ({ local, attributes }) => {
    if (local !== "leaf") return;
    if (found.length === LEAVES_MAX) refuse("too many leaves");
    const valueOf = (name: string): string => Object.values(attributes).find((attribute) => attribute.local === name)?.value ?? "";
    found.push({ href: valueOf("href"), checksum: valueOf("checksum"), type: valueOf("checksum-type"), operation: valueOf("operation") });
  });
  parser.write(text).close();
  return found;
}

/** Whether an uploaded file is a backbone beside the first: a region's, in module 1. */
export const isRegionalBackbone = (path: string): boolean => /^m1\/(?:[a-z0-9_-]+\/)*[a-z]{2,4}-(?:regional|backbone)\.xml$/.test(path);

/**
 * Holds uploaded backbones against the files of the sequence: every leaf there, with its checksum, and every file of the modules a leaf of one of them.
 *
 * @param backbones - Texts by path: `index.xml`, and those of {@link isRegionalBackbone}; null for one of more than {@link BACKBONE_BYTES_MAX} bytes, which isn't read.
 * @returns Where they differ, one line each; empty where they don't.
 */
export function backboneFaults(backbones: ReadonlyMap<string, string | null>, files: readonly Leaf[]): readonly string[] {
  const faults: string[] = [];
  const there = new Map(files.map(({ path, md5 }) => [path, md5]));
  const named = new Set<string>();
  for (const [backbone, text] of backbones) {
    const folder = backbone.slice(0, backbone.lastIndexOf("/") + 1);
    try {
      if (text === null) throw new NoBackbone(TOO_LONG);
      for (const reference of readBackbone(text)) {
        if (reference.operation === "delete") continue;
        const { path, fault } = referred(folder, reference, there);
        if (fault !== null) faults.push(`${backbone}: ${path}: ${fault}`);
        if (named.has(path)) faults.push(`${backbone}: ${path}: a leaf of an earlier one`);
        named.add(path);
      }
    } catch (error) {
      if (!(error instanceof NoBackbone)) throw error;
      faults.push(`${backbone}: ${error.message}`);
    }
  }
  const isFree = (path: string): boolean => path === BACKBONE || path === BACKBONE_MD5 || path.startsWith("util/");
  for (const { path } of files) if (!named.has(path) && !isFree(path)) faults.push(`${path}: ${isLeaf(path) ? "no backbone lists it" : "in no module"}`);
  return faults;
}

/** The files that these backbones list, as far as they can be read. */
export function listedIn(backbones: ReadonlyMap<string, string | null>): ReadonlySet<string> {
  const listed = [...backbones].flatMap(([backbone, text]) => {
    const folder = backbone.slice(0, backbone.lastIndexOf("/") + 1);
    try {
      return text === null ? [] : readBackbone(text).flatMap(({ href, operation }) => (operation === "delete" ? [] : [`${folder}${href.split("#")[0] ?? ""}`]));
    } catch (error) {
      // Held against the files, it is told as a fault.
      if (!(error instanceof NoBackbone)) throw error;
      return [];
    }
  });
  return new Set(listed);
}

function referred(folder: string, { href, checksum, type }: Reference, there: ReadonlyMap<string, string>): { readonly path: string; readonly fault: string | null } {
  const [bare = ""] = href.split("#");
  const path = `${folder}${bare}`;
  if (bare === "" || pathFault(bare) !== null) return { path: JSON.stringify(href.slice(0, 200)), fault: "no path within the sequence" };
  const md5 = there.get(path);
  if (md5 === undefined) return { path, fault: "it isn't in the sequence" };
  if (type.toLowerCase() !== "md5") return { path, fault: "a checksum of another kind than MD5" };
  return { path, fault: checksum.toLowerCase() === md5 ? null : "another checksum than the file's" };
}
