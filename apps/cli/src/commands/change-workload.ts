import { rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Connection, hasCode } from "@sallyport/client";
import { makeServiceCode, SERVICE_NAME } from "@sallyport/pki";
import { plainJson, plainText } from "@sallyport/errors";
import { callOptions } from "../call-options.ts";
import { type Invocation, report, requiredText } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport workloads create`: asks for a service, with a code that is made here and written to a file of this user's alone. */
export async function createWorkload(invocation: Invocation, service: string): Promise<ExitCode> {
  const [title, reason, file] = [requiredText(invocation, "title"), requiredText(invocation, "reason"), requiredText(invocation, "code-file")];
  if (!SERVICE_NAME.test(service)) throw new UsageError(`${JSON.stringify(service)} is not a service's name: lower-case letters, digits and hyphens`);
  const { code, codeKey } = makeServiceCode(service);
  const path = resolve(invocation.settings.workingDir, file);
  try {
    writeFileSync(path, `${code}\n`, { flag: "wx", mode: 0o600 });
  } catch {
    throw new UsageError(`${file} can't be written, or is there already`);
  }
  try {
    const input = { service, title, codeKey, isAgain: invocation.options["again"] === true, reason };
    const { approval } = await asProfile(invocation, ({ api }) => api.approvals.requestService.mutate(input, callOptions(invocation)));
    report(invocation, plainJson({ approval, codeFile: path }), [
      `asked for ${plainText(service)}: ${plainText(approval.approvalId)}, open until ${plainText(approval.expiresAt)}`,
      `  another administrator approves it with a passkey; then the code in ${plainText(file)} is good for an hour, once`,
      `  on the service's machine: sallyport enrol --code-file ${plainText(file)} --console URL`,
    ]);
    return EXIT.done;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** `sallyport workloads offboard`: ends a service for good, or asks for it where that takes two. */
export async function offboardWorkload(invocation: Invocation, service: string): Promise<ExitCode> {
  const input = { service, reason: requiredText(invocation, "reason") };
  return asProfile(invocation, async ({ api }: Connection) => {
    try {
      await api.workloads.offboard.mutate(input, callOptions(invocation));
      report(invocation, plainJson({ offboarded: service }), [`${plainText(service)} is offboarded, for good`]);
    } catch (error) {
      if (!hasCode(error, "approval.required")) throw error;
      const { approval } = await api.approvals.requestServiceOffboard.mutate(input, callOptions(invocation));
      report(invocation, plainJson({ approval }), [`this service holds what two people give: asked for it, ${plainText(approval.approvalId)}`]);
    }
    return EXIT.done;
  });
}
