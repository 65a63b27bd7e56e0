import { treeCheck } from "./tree.mjs";

const CATALOG = "packages/errors/src/catalog.ts";
const FAILURES = /^packages\/errors\/src\/[a-z]+-failures\.ts$/;
const PAGE = "docs/errors/README.md";

/** Codes as the catalogue spells them, one a line at the start of an entry. */
const codesOf = (text) => [...text.matchAll(/^ {2}"?([a-z]+(?:\.[a-z_]+)?)"?: (?:denied|rejected|unavailable|stopped|failed|\{)/gm)].map(([, code]) => code);

/** Every code has its paragraph, and every paragraph a code. */
export const errorPages = treeCheck(
  "docs: every failure has its page",
  (tree) => {
    const spelled = tree.files.filter((path) => FAILURES.test(path)).flatMap((path) => codesOf(tree.text(path)));
    const codes = new Set(spelled);
    const written = new Set([...tree.text(PAGE).matchAll(/^### `([a-z_.]+)`/gm)].map(([, code]) => code));
    return [
      ...[...codes].filter((code) => !written.has(code)).map((code) => `${CATALOG}: ${code} has no paragraph in ${PAGE}`),
      ...[...written].filter((code) => !codes.has(code)).map((code) => `${PAGE}: ${code} is no failure of the catalogue`),
      ...spelled.filter((code, at) => spelled.indexOf(code) !== at).map((code) => `${CATALOG}: ${code} is there twice`),
      ...(codes.size < 30 ? [`${CATALOG}: only ${codes.size} codes were read`] : []),
    ];
  },
  { [PAGE]: "### `planted.code`\n" },
);
