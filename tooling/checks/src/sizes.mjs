import { isSource, treeCheck } from "./tree.mjs";

const LINES_MAX = 350;
const CUSTODIAN_LINES_MAX = 900;
const BANNED = /(?:^|\/)(?:utils?|helpers?|common|shared|core|lib|misc|manager|service|handler)(?:\.tsx?$|\/)/;

const linesOf = (tree, path) => tree.text(path).trimEnd().split("\n").length;

/** Lines that do something: without blank ones, comments and imports, so that saying why costs nothing and layout changes nothing. */
const codeLinesOf = (tree, path) =>
  tree
    .text(path)
    .replace(/^import\b[^;]*;$/gm, "")
    .split("\n")
    .filter((line) => !/^\s*(?:$|\/\/|\/?\*)/.test(line)).length;

export const fileSizes = treeCheck(
  "sizes: a file can be held in the head",
  (tree) => tree.files.filter((path) => isSource(path) && linesOf(tree, path) > LINES_MAX).map((path) => `${path}: over ${LINES_MAX} lines`),
  { "packages/api/src/planted.ts": "export {};\n".repeat(400) },
);

export const custodianSize = treeCheck(
  "sizes: the custodian can be read in an hour",
  (tree) => {
    const own = tree.files.filter((path) => path.startsWith("apps/custodian/src/") && isSource(path));
    const total = own.reduce((sum, path) => sum + codeLinesOf(tree, path), 0);
    return total > CUSTODIAN_LINES_MAX ? own.map((path) => `${path}: the custodian has ${total} lines of code of its own, over ${CUSTODIAN_LINES_MAX}`) : [];
  },
  { "apps/custodian/src/planted.ts": "export {};\n".repeat(950) },
);

export const fileNames = treeCheck(
  "names: a file is called after what it holds",
  (tree) =>
    tree.files.filter((path) => isSource(path) && (BANNED.test(path) || !/^[a-z0-9./[\]()_-]+$/.test(path))).map((path) => `${path}: not a name of the domain, in kebab-case`),
  { "packages/api/src/utils.ts": "", "packages/api/src/someThing.ts": "" },
);
