import { isFingerprint, verdictLines } from "@sallyport/audit";
import { exportReader } from "@sallyport/audit/bundle-folder";
import { plainJson, SallyportError } from "@sallyport/errors";
import { verifyOffline } from "@sallyport/signature";
import { parseArgs } from "node:util";

const USAGE = `node sallyport-verify.mjs FOLDER|FILE [--key sha256:HEX] [--json]

Verifies an export, a bundle's folder or an excerpt's file, or the receipt of a signature, with no network, no database and no secret. --key is the fingerprint of the deployment's
key, got from elsewhere; without it the bundle can only be shown to agree with itself.
Exit codes: 0 whole, 1 broken, 2 no bundle at all.
`;
const NO_BUNDLE = 2;

interface Asked {
  readonly folder: string;
  readonly fingerprint: string | undefined;
  readonly isJson: boolean;
}

/** What the command line asks for; null where it asks for nothing that there is. */
function asked(args: string[]): Asked | null {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { key: { type: "string" }, json: { type: "boolean" } } });
    const [folder] = positionals;
    if (folder === undefined || positionals.length > 1 || (values.key !== undefined && !isFingerprint(values.key))) return null;
    return { folder, fingerprint: values.key, isJson: values.json === true };
  } catch {
    return null;
  }
}

async function main({ folder, fingerprint, isJson }: Asked): Promise<number> {
  try {
    const verdict = await verifyOffline(await exportReader(folder), fingerprint === undefined ? {} : { fingerprint });
    process.stdout.write(
      isJson
        ? `${plainJson(verdict)}\n`
        : verdictLines(verdict)
            .map((line) => `${line}\n`)
            .join(""),
    );
    return verdict.whole ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    process.stderr.write(`${error.code}: this is no bundle that can be read. Nothing was changed. Give the folder or the file that an export made, or a receipt.\n`);
    return NO_BUNDLE;
  }
}

const question = asked(process.argv.slice(2));
if (question === null) process.stderr.write(USAGE);
process.exitCode = question === null ? NO_BUNDLE : await main(question);
