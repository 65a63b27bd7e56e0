import { resolve } from "node:path";
import { isFingerprint, verdictLines, verifyBundle } from "@sallyport/audit";
import { directoryReader } from "@sallyport/audit/bundle-folder";
import { plainJson } from "@sallyport/errors";
import { type Command, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport verify`: an exported bundle, with public keys only. */
export const verify: Command = {
  usage: "verify DIR [--key sha256:HEX]",
  help: [
    "Verifies an exported bundle offline: it needs no network, no database and no secret. --key is the fingerprint of the",
    "deployment's key, got from elsewhere; without it the bundle can only be shown to agree with itself.",
    "Exit codes: 0 whole, 1 broken, 2 no bundle at all.",
  ].join("\n"),
  options: { key: { type: "string" } },
  takes: [1, 1],
  run: async (invocation) => {
    const [folder = ""] = invocation.positionals;
    const key = optionText(invocation, "key");
    if (key !== undefined && !isFingerprint(key)) throw new UsageError("--key takes a fingerprint: sha256: and 64 hexadecimal digits in lower case");
    const verdict = await verifyBundle(directoryReader(resolve(invocation.settings.workingDir, folder)), key === undefined ? {} : { fingerprint: key });
    report(invocation, plainJson(verdict), verdictLines(verdict));
    return verdict.whole ? EXIT.done : EXIT.failed;
  },
};
