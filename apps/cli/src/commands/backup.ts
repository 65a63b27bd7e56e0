import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { hostStatus, lockHome, homePaths } from "@sallyport/app-host";
import { rootKeyOf } from "@sallyport/custody/roots";
import { codeOf, plainJson } from "@sallyport/errors";
import { backUp } from "../backup/back-up.ts";
import { type Command, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport backup`: the embedded deployment on this machine, running or stopped. */
export const backup: Command = {
  usage: "backup --out DIR",
  help: [
    "Copies the embedded database and the custodian's store of SALLYPORT_HOME into a new folder, as they are at one moment, whether the product runs or",
    "not; what is to be recorded in that moment waits for a fraction of a second. The root key is not in it, and without that it opens nothing: keep the key",
    "elsewhere. `sallyport restore` puts it back.",
  ].join("\n"),
  options: { out: { type: "string" } },
  takes: [0, 0],
  run: async (invocation) => {
    const { settings } = invocation;
    const named = optionText(invocation, "out");
    if (named === undefined) throw new UsageError("say where to: --out DIR");
    const out = resolve(settings.workingDir, named);
    const home = homePaths(settings.home);
    const isRunning = await runs(settings.home);
    let release = (): void => undefined;
    if (!isRunning) {
      mkdirSync(dirname(home.lock), { recursive: true, mode: 0o700 });
      // Nobody starts it meanwhile.
      release = await lockHome(home.lock);
    }
    try {
      const { rootKey } = await rootKeyOf({ home: home.custodian, isEmpty: false, wrapper: invocation.settings.rootWrapper() });
      const manifest = await backUp({ home: home.root, out, rootKey, isRunning, now: Date.now });
      const { deployment, made, files } = manifest;
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      report(invocation, plainJson({ out, deployment, made, running: isRunning, files: files.length, bytes }), [
        `${deployment} as of ${made} is in ${out}: ${files.length} files, ${(bytes / 2 ** 20).toFixed(0)} MiB`,
        "  it holds ciphertext, the trail, people's names and the hashes of their passwords; and the custodian's store, sealed",
        "  without the root key it opens nothing, and the root key is not in it: keep custodian/root.key apart from it",
      ]);
      return EXIT.done;
    } finally {
      release();
    }
  },
};

async function runs(home: string): Promise<boolean> {
  try {
    await hostStatus(home);
    return true;
  } catch (error) {
    if (codeOf(error) === "service.unavailable") return false;
    throw error;
  }
}
