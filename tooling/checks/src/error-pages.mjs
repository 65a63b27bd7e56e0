import { treeCheck } from "./tree.mjs";

const CATALOG = "packages/errors/src/catalog.ts";
const PAGE = "docs/errors/README.md";

/** Codes as the catalogue spells them, one a line at the start of an entry. */
const codesOf = (text) => [...text.matchAll(/^ {2}"?([a-z]+(?:\.[a-z_]+)?)"?: (?:denied|rejected|unavailable|stopped|failed|\{)/gm)].map(([, code]) => code);

/** Every code has its paragraph, and every paragraph a code. */
export const errorPages = treeCheck(
  "docs: every failure has its page",
  (tree) => {
    const codes = new Set(codesOf(tree.text(CATALOG)));
    const written = new Set([...tree.text(PAGE).matchAll(/^### `([a-z_.]+)`/gm)].map(([, code]) => code));
    return [
      ...[...codes].filter((code) => !written.has(code)).map((code) => `${CATALOG}: ${code} has no paragraph in ${PAGE}`),
      ...[...written].filter((code) => !codes.has(code)).map((code) => `${PAGE}: ${code} is no failure of the catalogue`),
      ...(codes.size < 30 ? [`${CATALOG}: only ${codes.size} codes were read`] : []),
    ];
  },
  { [PAGE]: "### `planted.code`\n" },
);
