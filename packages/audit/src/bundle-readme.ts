import type { ExportStatement } from "./export-statement.ts";
import { fingerprintOf } from "./signed-note.ts";

/** What a bundle says that doesn't hold the whole of its chain. */
function partText({ scope, generations, archived }: Extract<ExportStatement, { readonly v: 2 }>): string {
  const [first] = generations;
  const here =
    scope === "generation" ? `This is generation ${first?.generation ?? 0} of the chain alone, to be archived.` : `This is the chain from generation ${first?.generation ?? 0} on.`;
  const before = archived.map(({ generation, manifest }) => `    generation ${generation}, manifest.json SHA-256\n    ${manifest}\n`);
  return `
${here}${before.length === 0 ? "" : ` Archived before:\n\n${before.join("")}`}
Bundles of one chain verify together, as one trail (docs/spec/bundle-v2.md):

    sallyport verify ARCHIVE... REST --key FINGERPRINT
`;
}

/** Spells `README.txt`: how to verify this bundle, and what that shows. */
export function readmeText(statement: ExportStatement): string {
  const { deployment, chain, exportedAt, keys } = statement;
  const [fingerprint = "(none)", ...before] = keys.map(fingerprintOf);
  return `Sallyport audit trail, exported
===============================

Deployment  ${deployment}
Chain       ${chain}
As of       ${exportedAt}
Key         ${fingerprint}
${before.map((earlier) => `  before    ${earlier}\n`).join("")}
To verify, with no network and no secret:

    sallyport verify FOLDER --key FINGERPRINT

Get the fingerprint from somewhere else than this folder: from the deployment's
security administrator, from its status page, or from an older bundle. The one
above was written by whoever made the folder. Exit status: 0 whole, 1 broken,
2 not a bundle.

What it shows: every record is, byte for byte, what the deployment's custodian
signed; none is missing, added or moved, up to the sizes in the statement.
What it doesn't: anything later than the time above; that what was recorded is
true of the world; or that the custodian itself was honest. The trail is
tamper-evident: changes show, they aren't made impossible.

    statement.note          what is in here, signed
    generation-<n>.jsonl    the records, one a line
    leaves-<n>.txt          each record's hash and a signature of it
    checkpoints-<n>.txt     what was signed while the trail grew
    keys.json               public keys and their fingerprints
    names.json              who the principals are; not signed
    dictionary.json         what the members and words of records mean; not signed
    manifest.json           lengths and SHA-256 of the files; not signed

The formats are specified in docs/spec/bundle-v1.md, audit-record-v1.md and
checkpoint-v1.md. A holder of a generation's audit key can check its HMACs too.
${statement.v === 1 ? "" : partText(statement)}`;
}
