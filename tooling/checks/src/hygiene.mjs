import { treeCheck, linesMatching } from "./tree.mjs";

const isText = (path) => !/\.(?:png|jpg|ico|woff2?|gz|tgz|bin)$/.test(path);
const isOwn = (path) => isText(path) && !path.startsWith("tooling/checks/");
const isCode = (path) => /\.(?:tsx?|mjs|js|sql|css|sh)$/.test(path) && !path.startsWith("tooling/checks/");

/** Shapes of secrets. Test keys are made at run time, so nothing of these shapes has a reason to be here. */
const SECRETS = [
  [/-----BEGIN (?:RSA |EC |ENCRYPTED |OPENSSH )?PRIVATE KEY-----\s*$/, "a private key"],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, "a cloud access key"],
  [/\b(?:ghp|gho|ghs|github_pat)_[A-Za-z0-9_]{30,}\b/, "a forge token"],
  [/\bnpm_[A-Za-z0-9]{36}\b/, "a registry token"],
  [/\bxox[abpr]-[0-9A-Za-z-]{20,}/, "a chat token"],
  [/\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}/, "a signed token"],
  [/(?:password|passwd|secret|api_?key)["']?\s*[:=]\s*["'][A-Za-z0-9+/_-]{24,}["']/i, "a credential"],
];
const pem = "-----BEGIN PRIVATE" + " KEY-----";

export const secrets = treeCheck(
  "secrets: none in the tree",
  (tree) => SECRETS.flatMap(([pattern, what]) => linesMatching(tree, (path) => isOwn(path) && path !== "pnpm-lock.yaml" && !/\/vectors\//.test(path), pattern, what)),
  {
    "packages/crypto/src/planted.ts": `const k = \`${pem}\n\`;\n`,
    "docs/planted.md": `token ${"AKIA"}ABCDEFGHIJKLMNOP\n`,
    "apps/api/src/planted.ts": `const password = "${"a1B2".repeat(8)}";\n`,
  },
);

export const machine = treeCheck(
  "hygiene: no path of a machine, no registry address",
  (tree) => [
    ...linesMatching(tree, isOwn, /(?:^|[\s"'`(=])\/(?:home|root|Users|work)\/[A-Za-z0-9._-]+/, "a path of a machine"),
    ...linesMatching(tree, isOwn, /registry\.npmjs\.org|registry\.yarnpkg|\bresolved: https?:/, "a registry's address"),
  ],
  { "docs/planted.md": "see /home/someone/notes\n", "packages/api/planted.json": `{"r":"https://registry.${"npmjs"}.org/x"}\n` },
);

export const silenced = treeCheck(
  "hygiene: nothing silenced, focused or left for later",
  (tree) => [
    ...linesMatching(
      tree,
      isCode,
      /@ts-(?:ignore|nocheck|expect-error)|(?:oxlint|eslint)-disable|biome-ignore|\bas any\b|:\s*any(?=\s*[,;)=>|&[\]}]|\s*$)/,
      "types or lint silenced",
    ),
    ...linesMatching(tree, isCode, /\b(?:describe|it|test)\.(?:only|todo|fixme)\b/, "a focused or empty test"),
    ...linesMatching(tree, isCode, /\b(?:TODO|FIXME|XXX|HACK)\b/, "left for later"),
  ],
  {
    "packages/api/src/planted.ts": "// @ts-ignore\nexport const a = 1;\n",
    "packages/api/src/planted.test.ts": 'it.only("x", () => {});\n',
    "packages/api/src/planted-later.ts": "// TODO finish\n",
  },
);

export const pinned = treeCheck(
  "hygiene: versions are pinned",
  (tree) =>
    tree.files
      .filter((path) => /(?:^|\/)package\.json$/.test(path) && !/\/(?:vectors|fixtures|example)\//.test(path))
      .flatMap((path) => {
        const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = JSON.parse(tree.text(path));
        return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
          .filter(([, version]) => !/^(?:workspace:\*|\d+\.\d+\.\d+(?:-[\w.]+)?)$/.test(version))
          .map(([name]) => `${path}: ${name} is not pinned`);
      }),
  { "packages/planted/package.json": '{"dependencies":{"zod":"^4.6.7"}}' },
);
