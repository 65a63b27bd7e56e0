import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { escrowAuditKeys, revokeOffline } from "@sallyport/app-custodian";
import { homePaths } from "@sallyport/app-host";
import { plainJson, plainText } from "@sallyport/errors";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport custodian`: what the operator does on the custodian's own store, with everything stopped. */
export const custodian: Command = {
  usage: "custodian escrow --ring audit --out FILE | custodian revoke WORKLOAD",
  help: [
    "Acts on the custodian's store, on its host, with everything stopped. Each is journaled there, and the trail has it at the next start.",
    "  escrow  writes the audit keys as JSON {keyId: base64} to a new file that only you can read",
    "  revoke  revokes a workload, by its SPIFFE id or its service's name",
  ].join("\n"),
  options: { ring: { type: "string" }, out: { type: "string" } },
  takes: [1, 2],
  run: async (invocation) => {
    const [act, workload] = invocation.positionals;
    if (act === "escrow" && workload === undefined) return await escrow(invocation);
    if (act === "revoke" && workload !== undefined) return await revokeWithoutHost(invocation, workload);
    throw new UsageError(`usage: sallyport ${custodian.usage}`);
  },
};

async function escrow(invocation: Invocation): Promise<ExitCode> {
  const { settings } = invocation;
  const ring = optionText(invocation, "ring");
  const out = optionText(invocation, "out");
  if (ring !== "audit") throw new UsageError("only the audit ring can be escrowed: --ring audit");
  if (out === undefined) throw new UsageError("say where to: --out FILE");
  const file = resolve(settings.workingDir, out);
  if (existsSync(file)) throw new UsageError(`${file} exists; name a new file`);
  await escrowAuditKeys({ home: homePaths(settings.home).custodian, out: file });
  report(invocation, plainJson({ ring, file }), [`the audit keys are in ${file}`, "  whoever has this file can forge what no checkpoint covers yet: keep it offline"]);
  return EXIT.done;
}

async function revokeWithoutHost(invocation: Invocation, workload: string): Promise<ExitCode> {
  await revokeOffline({ home: homePaths(invocation.settings.home).custodian, workload });
  report(invocation, plainJson({ revoked: workload }), [`${plainText(workload)} is revoked, in force from the next start`]);
  return EXIT.done;
}
