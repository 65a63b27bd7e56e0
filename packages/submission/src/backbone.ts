import { byPath } from "./tree-path.ts";

/** A file of a sequence as its backbone refers to it. */
export interface Leaf {
  /** Within the sequence. */
  readonly path: string;
  /** 32 lower-case hex digits: eCTD 3.2.2 has MD5, and it is no more than a checksum. What a packet rests on is SHA-256 in its manifest. */
  readonly md5: string;
}

/** The elements of the ICH backbone that hold leaves, by the folder of the module (ICH M8 eCTD v3.2.2, DTD ich-ectd-3-2). */
const MODULES: Readonly<Record<string, string>> = {
  m1: "m1-administrative-information-and-prescribing-information",
  m2: "m2-common-technical-document-summaries",
  m3: "m3-quality",
  m4: "m4-nonclinical-study-reports",
  m5: "m5-clinical-study-reports",
};

export const [BACKBONE, BACKBONE_MD5] = ["index.xml", "index-md5.txt"] as const;

/** Whether a backbone speaks of a file: of everything in the modules' folders; `util` is the DTD's and style sheets', and the backbone doesn't list itself. */
export const isLeaf = (path: string): boolean => Object.hasOwn(MODULES, path.split("/")[0] ?? "") && path.includes("/");

/** Why a file can't be in a sequence whose backbone is made here: it is in no module. Null where it can. */
export const outsideOfModules = (path: string): boolean => !isLeaf(path) && path !== BACKBONE && !path.startsWith("util/");

/** The backbone of a sequence of new files, in the order of their paths: the same files give the same bytes. */
export function backboneXml(leaves: readonly Leaf[]): string {
  const modules = Object.entries(MODULES).flatMap(([folder, element]) => {
    const own = leaves.filter(({ path }) => path.startsWith(`${folder}/`)).toSorted(byPath);
    return own.length === 0 ? [] : [`  <${element}>`, ...own.map(leafElement), `  </${element}>`];
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE ectd:ectd SYSTEM "util/dtd/ich-ectd-3-2.dtd">',
    '<ectd:ectd xmlns:ectd="http://www.ich.org/ectd" xmlns:xlink="http://www.w3c.org/1999/xlink" dtd-version="3.2">',
    ...modules,
    "</ectd:ectd>",
    "",
  ].join("\n");
}

/** Paths are letters, digits, `-`, `_`, `.` and `/` alone, so nothing of them has to be escaped. */
const leafElement = ({ path, md5 }: Leaf): string =>
  `    <leaf ID="${idOf(path)}" operation="new" checksum-type="md5" checksum="${md5}" xlink:type="simple" xlink:href="${path}"><title>${path.slice(path.lastIndexOf("/") + 1)}</title></leaf>`;

/** An XML name that no other path of the sequence gives. */
const idOf = (path: string): string => `l-${path.replaceAll("_", "__").replaceAll("/", "_s")}`;
