import { resolve } from "node:path";
import { verdictLines, type VerifyOptions, verifyTrail, witnessName } from "@sallyport/audit";
import { exportReader } from "@sallyport/audit/bundle-folder";
import { plainJson } from "@sallyport/errors";
import { verifyOffline } from "@sallyport/signature";
import { verifyPacket } from "@sallyport/submission";
import { packetAt } from "@sallyport/submission/folder";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { optionKey } from "../option-key.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport verify`: an exported bundle, a record's proof, a signature's receipt or an opened packet, with public keys only. */
export const verify: Command = {
  usage: "verify DIR|FILE... [--key sha256:HEX] [--witness VKEY] [--recipient age1…] [--until TIME]",
  help: [
    "Verifies an exported bundle, an excerpt, the proof of one record, the receipt of a signature, or a packet that its recipient opened with age (its tar file, or the folder",
    "that this was unpacked into), offline: it needs no network, no database and no secret. --key is the fingerprint of the deployment's key, or of one that handed over to it, got from elsewhere; without it",
    "what is there can only be shown to agree with itself. --recipient is your own age key, which a packet has to be made for. --until is when the deployment's key went out",
    "of force: a packet by it then needs the word of a witness, whose key is given, that it is older. --witness is a witness's key, got from elsewhere: what is there then has to have",
    "its cosignature, and is broken without it. The key may be an earlier one of the deployment, from which signed handovers lead to the one that signed.",
    "Several bundles of one chain, archived generations and what is left, verify together as one trail. Exit codes: 0 whole, 1 broken, 2 none of these.",
  ].join("\n"),
  options: { key: { type: "string" }, recipient: { type: "string" }, until: { type: "string" }, witness: { type: "string" } },
  takes: [1, 64],
  run: async (invocation) => {
    const key = optionKey(invocation);
    const [path = "", ...others] = invocation.positionals.map((named) => resolve(invocation.settings.workingDir, named));
    const pins = { ...(key !== undefined && { fingerprint: key }), ...packetPins(invocation) };
    if (others.length > 0) return await verifyTogether(invocation, [path, ...others], pins);
    const packet = await packetAt(path);
    const verdict = packet === null ? await verifyOffline(await exportReader(path), pins) : await verifyPacket(packet, pins);
    report(invocation, plainJson(verdict), verdictLines(verdict));
    return verdict.whole ? EXIT.done : EXIT.failed;
  },
};

/** What is given beside the key for a packet. */
function packetPins(invocation: Invocation): { readonly recipient?: string; readonly until?: string; readonly witness?: string } {
  const [recipient, until, witness] = [optionText(invocation, "recipient"), optionText(invocation, "until"), optionText(invocation, "witness")];
  if (until !== undefined && !Number.isFinite(Date.parse(until))) throw new UsageError("--until is a time, such as 2026-01-31T00:00:00Z");
  if (witness !== undefined) assertWitness(witness);
  return { ...(recipient !== undefined && { recipient }), ...(until !== undefined && { until }), ...(witness !== undefined && { witness }) };
}

/** @throws UsageError where it is no witness's key. */
function assertWitness(vkey: string): void {
  try {
    witnessName(vkey);
  } catch {
    throw new UsageError("--witness takes a witness's verifier key: its name, a plus sign, eight hexadecimal digits, a plus sign and base64");
  }
}

async function verifyTogether(invocation: Invocation, paths: readonly string[], given: VerifyOptions): Promise<ExitCode> {
  const verdict = await verifyTrail(await Promise.all(paths.map(exportReader)), given);
  report(invocation, plainJson(verdict), verdictLines(verdict));
  return verdict.whole ? EXIT.done : EXIT.failed;
}
