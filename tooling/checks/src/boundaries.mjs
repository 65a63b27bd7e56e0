import { isSource, linesMatching, treeCheck } from "./tree.mjs";

const importOf = (name) => new RegExp(`(?:from|import\\()\\s*"${name}(?:/[^"]*)?"`);
const within =
  (...folders) =>
  (path) =>
    folders.some((folder) => path.startsWith(folder));

/** Rules of the shape: this may stand only there (ADR 0001). */
const CONFINED = [
  { pattern: /\binitTRPC\b/, where: within("packages/api/src/boundary/procedure.ts"), why: "procedures are made by the boundary alone" },
  { pattern: /\bGrant\.issue\b/, where: within("packages/api/src/boundary/decide-crossing.ts", "packages/policy/src/grant.ts"), why: "a grant is issued by the boundary alone" },
  { pattern: importOf("postgres"), where: within("packages/db/", "packages/embedded-postgres/"), why: "SQL stands in packages/db alone" },
  {
    // Random bytes, ids and key types are for anyone; what makes or breaks a seal is not. The exceptions are Postgres's own SCRAM form, and a
    // service's one-time code, which is made in the browser so that nobody else ever has it; and the keys of others' servers that tests start.
    pattern:
      /\b(?:create(?:Cipheriv|Decipheriv|Hmac|Sign|Verify|ECDH|DiffieHellman)|hkdf(?:Sync)?|scrypt(?:Sync)?|pbkdf2(?:Sync)?|generateKey(?:Pair)?(?:Sync)?|(?:public|private)(?:En|De)crypt)\s*\(/,
    where: within("packages/crypto/", "packages/pki/", "packages/portal-testkit/", "packages/db/src/scram-verifier.ts", "apps/console/src/services/service-code.ts"),
    why: "ciphers, MACs, signatures and derivations stand in packages/crypto and packages/pki alone",
  },
  { pattern: importOf("@trpc/server"), where: within("packages/api/", "packages/client/", "apps/api/"), why: "tRPC's server stands behind the boundary" },
  {
    pattern: /\bprocess\.env\b/,
    where: (path) => /\/settings(?:\/[\w-]+)?\.ts$/.test(path) || path === "apps/console/next.config.ts",
    why: "settings are read in settings.ts alone",
  },
  { pattern: /rejectUnauthorized:\s*false/, where: () => false, why: "an unverified peer is never accepted" },
  { pattern: /["']use server["']/, where: () => false, why: "the console has no Server Actions" },
  { pattern: /dangerouslySetInnerHTML|\beval\(|new Function\(/, where: () => false, why: "no text becomes code" },
];

/** Rules of the shape: this folder never imports that. */
const FORBIDDEN = [
  { from: "packages/api/", names: ["@sallyport/db", "@sallyport/custody", "postgres"], why: "the boundary knows ports, not adapters" },
  { from: "apps/console/", names: ["@sallyport/db", "@sallyport/custody", "@sallyport/api", "@sallyport/embedded-postgres"], why: "the console holds no adapter" },
  { from: "packages/client/", names: ["@sallyport/db", "@sallyport/custody"], why: "the client holds no adapter" },
];

export const confined = treeCheck(
  "boundaries: what may stand only in one place",
  (tree) => CONFINED.flatMap(({ pattern, where, why }) => linesMatching(tree, (path) => isSource(path) && !where(path), pattern, why)),
  {
    "packages/api/src/routers/planted.ts": 'import { initTRPC } from "@trpc/server";\n',
    "packages/phi/src/planted-cipher.ts": 'export const c = createCipheriv("aes-256-gcm", k, n);\n',
    "apps/api/src/planted-grant.ts": "export const g = Grant.issue(facts, decision);\n",
    "apps/console/app/planted.tsx": '"use server";\n',
    "apps/cli/src/planted-env.ts": "export const home = process.env.HOME;\n",
    "apps/host/src/planted-sql.ts": 'import postgres from "postgres";\n',
    "packages/client/src/planted-tls.ts": "connect({ rejectUnauthorized: false });\n",
  },
);

export const forbidden = treeCheck(
  "boundaries: who never imports whom",
  (tree) => FORBIDDEN.flatMap(({ from, names, why }) => names.flatMap((name) => linesMatching(tree, (path) => isSource(path) && path.startsWith(from), importOf(name), why))),
  { "packages/api/src/planted.ts": 'import { trailStore } from "@sallyport/db";\n', "apps/console/src/planted.ts": 'import { connectCustodian } from "@sallyport/custody";\n' },
);

/** From the word `import` or `export` to the module's name, over lines; `import type` and members that are each marked `type` are types only. */
const VALUE_IMPORT = /^(?:import|export) (?!type\b)(?!\{(?:\s*type \w+,?)+\s*\})[^;]*from "@sallyport\/api"/m;

export const typesOnly = treeCheck(
  "boundaries: the client takes only types from the api",
  (tree) => tree.files.filter((path) => isSource(path) && path.startsWith("packages/client/") && VALUE_IMPORT.test(tree.text(path))).map((path) => `${path}: import type only`),
  {
    "packages/client/src/planted.ts": 'import { createAppRouter } from "@sallyport/api";\n',
    "packages/client/src/planted-over-lines.ts": 'import {\n  type AppRouter,\n  createAppRouter,\n} from "@sallyport/api";\n',
  },
);
