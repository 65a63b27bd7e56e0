import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { isRecordProof, verdictLines, verifyRecordProof } from "@sallyport/audit";
import { exportReader } from "@sallyport/audit/bundle-folder";
import { codeOf, plainJson, plainText } from "@sallyport/errors";
import { verifyOffline } from "@sallyport/signature";
import { type Command, type Invocation, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { optionKey } from "../option-key.ts";

/** Larger than any proof: one record's line, and at most 63 hashes. */
const PROOF_BYTES_MAX = 2 ** 20;

/** `sallyport verify`: an exported bundle, a record's proof or a signature's receipt, with public keys only. */
export const verify: Command = {
  usage: "verify DIR|FILE [--key sha256:HEX]",
  help: [
    "Verifies an exported bundle, an excerpt, the proof of one record, or the receipt of a signature, offline: it needs no network, no database and no secret. --key is the",
    "fingerprint of the deployment's key, got from elsewhere; without it what is there can only be shown to agree with itself.",
    "Exit codes: 0 whole, 1 broken, 2 none of these.",
  ].join("\n"),
  options: { key: { type: "string" } },
  takes: [1, 1],
  run: async (invocation) => {
    const [named = ""] = invocation.positionals;
    const key = optionKey(invocation);
    const path = resolve(invocation.settings.workingDir, named);
    const pin = key === undefined ? {} : { fingerprint: key };
    const proof = proofIn(path);
    if (proof !== null) return verifyProof(invocation, proof, pin);
    const verdict = await verifyOffline(await exportReader(path), pin);
    report(invocation, plainJson(verdict), verdictLines(verdict));
    return verdict.whole ? EXIT.done : EXIT.failed;
  },
};

/** The text of a file that says that it is a record's proof; null for anything else. */
function proofIn(path: string): string | null {
  try {
    const found = statSync(path);
    const text = found.isFile() && found.size <= PROOF_BYTES_MAX ? readFileSync(path, "utf8") : "";
    return isRecordProof(text) ? text : null;
  } catch {
    return null;
  }
}

function verifyProof(invocation: Invocation, proof: string, pin: { readonly fingerprint?: string }): ExitCode {
  try {
    const { record, origin, size, root, fingerprint, pinned } = verifyRecordProof(proof, pin);
    report(invocation, plainJson({ whole: true, pinned, origin, size, root, fingerprint, record }), [
      pinned ? "whole" : "self-consistent, key not pinned",
      `record ${record.seq} of ${plainText(record.chain)}, generation ${record.generation}, is one of the ${size} that the checkpoint signs`,
      `${record.timestamp_utc} ${plainText(record.principal)} ${plainText(record.action)} ${plainText(record.resource)}: ${plainText(record.decision)}`,
      ...(pinned ? [] : [`compare ${fingerprint} with a fingerprint that you got elsewhere, and verify again with --key`]),
    ]);
    return EXIT.done;
  } catch (error) {
    report(invocation, plainJson({ whole: false, code: codeOf(error) }), ["broken: this record is not in a checkpoint that this key signed"]);
    return EXIT.failed;
  }
}
