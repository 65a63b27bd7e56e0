// Writes docs/errors/README.md from the catalogue: one paragraph a code. Run after changing packages/errors, with the package built.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./src/tree.mjs";

const { catalog } = await import(pathToFileURL(join(ROOT, "packages/errors/dist/index.js")).href);

const entries = Object.entries(catalog).map(
  ([code, { status, pillar, outcome, retry, message, remedy }]) =>
    `### \`${code}\`\n\n${message} ${remedy}\n\nHTTP ${status}, pillar \`${pillar}\`, on record as ${outcome}; ${retry ? "the same request, with the same idempotency key, may succeed later" : "the same request will fail again"}.\n`,
);
writeFileSync(
  join(ROOT, "docs/errors/README.md"),
  `# Failures\n\nEvery failure has one code, in \`packages/errors/src\`; clients branch on it. On the wire a failure is\n\`{pillar, code, remedy, requestId}\`, and for faults of the input also \`where\`: places, never values. This page is written from the\ncatalogue by \`node tooling/checks/write-error-pages.mjs\`, and a repo check holds the two together.\n\n${entries.join("\n")}`,
);
