import { isFingerprint, verdictLines, verifyTrail, witnessName } from "@sallyport/audit";
import { exportReader } from "@sallyport/audit/bundle-folder";
import { plainJson, SallyportError } from "@sallyport/errors";
import { verifyOffline } from "@sallyport/signature";
import { type PacketPins, verifyPacket } from "@sallyport/submission";
import { packetAt } from "@sallyport/submission/folder";
import { parseArgs } from "node:util";

const USAGE = `node sallyport-verify.mjs FOLDER|FILE... [--key sha256:HEX] [--witness VKEY] [--recipient age1…] [--until TIME] [--json]

Verifies an export, a bundle's folder or an excerpt's file, the receipt of a signature,
the proof of one record, or a packet that was opened with age (its
tar file, or the folder that this was unpacked into), with no network, no database and no secret. --key is the fingerprint of the deployment's
key, got from elsewhere; without it what is there can only be shown to agree with itself. --witness is a witness's verifier key, got from elsewhere:
what is there then has to have its cosignature. --recipient is your own age key, which a packet has to be made for.
--until is when that key went out of force: an older packet needs the word of a witness whose key is given.
Several bundles of one chain, archived generations and what is left, verify as one trail.
Exit codes: 0 whole, 1 broken, 2 no bundle at all.
`;
const UNREADABLE = "this is no bundle that can be read. Nothing was changed. Give the folder or the file that an export made, a receipt, a record's proof, or an opened packet.";
const TEXT = { type: "string" } as const;
const NO_BUNDLE = 2;

interface Asked {
  readonly folders: readonly [string, ...string[]];
  readonly pins: PacketPins;
  readonly isJson: boolean;
}

/** What the command line asks for; null where it asks for nothing that there is. */
function asked(args: string[]): Asked | null {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { key: TEXT, recipient: TEXT, until: TEXT, witness: TEXT, json: { type: "boolean" } } });
    const [folder, ...others] = positionals;
    if (folder === undefined || (values.key !== undefined && !isFingerprint(values.key))) return null;
    const { key: fingerprint, recipient, until, witness } = values;
    if (until !== undefined && !Number.isFinite(Date.parse(until))) return null;
    if (witness !== undefined) witnessName(witness);
    const given = { fingerprint, recipient, until, witness };
    return { folders: [folder, ...others], pins: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), isJson: values.json === true };
  } catch {
    return null;
  }
}

async function main({ folders: [folder, ...others], pins, isJson }: Asked): Promise<number> {
  try {
    const packet = others.length > 0 ? null : await packetAt(folder);
    const alone = async () => (packet === null ? await verifyOffline(await exportReader(folder), pins) : await verifyPacket(packet, pins));
    const verdict = others.length > 0 ? await verifyTrail(await Promise.all([folder, ...others].map(exportReader)), pins) : await alone();
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
    process.stderr.write(`${error.code}: ${error.code === "packet.sealed" ? error.facts.remedy : UNREADABLE}\n`);
    return NO_BUNDLE;
  }
}

const question = asked(process.argv.slice(2));
if (question === null) process.stderr.write(USAGE);
process.exitCode = question === null ? NO_BUNDLE : await main(question);
