import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { escrowAuditKeys, moveRootKey, revokeOffline } from "@sallyport/app-custodian";
import { homePaths } from "@sallyport/app-host";
import { ROOT_SETTING_NAMES, rootWrapperOf } from "@sallyport/custody/roots";
import { plainJson, plainText } from "@sallyport/errors";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readText } from "../read-text.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport custodian`: what the operator does on the custodian's own store, with everything stopped. */
export const custodian: Command = {
  usage: "custodian escrow --ring audit --out FILE | custodian revoke WORKLOAD | custodian move-root --to FILE",
  help: [
    "Acts on the custodian's store, on its host, with everything stopped. Each is journaled there, and the trail has it at the next start.",
    "  escrow  writes the audit keys as JSON {keyId: base64} to a new file that only you can read",
    "  revoke  revokes a workload, by its SPIFFE id or its service's name",
    "  move-root  moves the store to a new root secret under another key; FILE has that key's settings, NAME=VALUE a line; docs/runbooks/move-root-key.md",
  ].join("\n"),
  options: { ring: { type: "string" }, out: { type: "string" }, to: { type: "string" } },
  takes: [1, 2],
  run: async (invocation) => {
    const [act, workload] = invocation.positionals;
    if (act === "escrow" && workload === undefined) return await escrow(invocation);
    if (act === "revoke" && workload !== undefined) return await revokeWithoutHost(invocation, workload);
    if (act === "move-root" && workload === undefined) return await moveRoot(invocation);
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
  await escrowAuditKeys({ home: homePaths(settings.home).custodian, wrapper: settings.rootWrapper(), out: file });
  report(invocation, plainJson({ ring, file }), [`the audit keys are in ${file}`, "  whoever has this file can forge what no checkpoint covers yet: keep it offline"]);
  return EXIT.done;
}

async function revokeWithoutHost(invocation: Invocation, workload: string): Promise<ExitCode> {
  await revokeOffline({ home: homePaths(invocation.settings.home).custodian, wrapper: invocation.settings.rootWrapper(), workload });
  report(invocation, plainJson({ revoked: workload }), [`${plainText(workload)} is revoked, in force from the next start`]);
  return EXIT.done;
}

async function moveRoot(invocation: Invocation): Promise<ExitCode> {
  const to = optionText(invocation, "to");
  if (to === undefined) throw new UsageError("say where to: --to FILE, with the settings SALLYPORT_ROOT_KEY… of the key that is to come");
  const wrapper = rootWrapperOf(settingsIn(await readText(invocation, to)));
  if (wrapper === null) throw new UsageError(`${to} names no key: for a file, SALLYPORT_ROOT_KEY_FILE has to be there`);
  const home = homePaths(invocation.settings.home).custodian;
  const from = invocation.settings.rootWrapper();
  const isMoved = await asOwnerOf(home, () => moveRootKey({ home, wrapper: from, to: wrapper }));
  wrapper.close?.();
  const { provider, keyName } = wrapper;
  report(invocation, plainJson({ moved: isMoved, provider, key: keyName }), [
    `${isMoved ? "the store is under" : "the store was under it already:"} ${provider} ${plainText(keyName)}`,
    `  start with the settings of ${plainText(to)} from now on; make a new backup, and turn the ring kek`,
    "  the root key before opens the backups that were made until now, and no store that is made from now on: keep it with them, and out of this host",
  ]);
  return EXIT.done;
}

/** Done by root for the one whose folder it is, as that user: what they can't read or reach now, their custodian couldn't at the start. */
async function asOwnerOf<A>(folder: string, work: () => Promise<A>): Promise<A> {
  if (process.geteuid?.() !== 0 || !existsSync(folder)) return work();
  const { uid, gid } = statSync(folder);
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/** `NAME=VALUE` a line, as the environment of a service is written; blank lines and those that begin with # say nothing. */
function settingsIn(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = "", value = ""] = /^([A-Z0-9_]+)=(.*?)\r?$/.exec(line) ?? [];
      if (!(ROOT_SETTING_NAMES as readonly string[]).includes(name)) throw new UsageError(`only settings of the root key belong there: ${ROOT_SETTING_NAMES.join(", ")}`);
      return [name, value];
    }),
  );
}
