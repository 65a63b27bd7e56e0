import { resolve } from "node:path";
import { plainJson } from "@sallyport/errors";
import { restore as putBack } from "../backup/restore.ts";
import { type Command, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport restore`: a backup into a new folder. */
export const restore: Command = {
  usage: "restore DIR --home NEW [--root-key FILE] [--custodian DIR] [--shreds FILE|none]",
  help: [
    "Puts a backup into a new folder, all of it or nothing, and compares each file with what the backup says of it. --root-key is the file of the root key that",
    "the deployment had; one that is elsewhere is found by the settings SALLYPORT_ROOT_KEY…, as they were. Where the custodian's own folder is still there, name it with --custodian: its store is newer and is taken instead. What was signed",
    "since the backup is missing from the database then, and the start is a frozen one, on purpose; docs/runbooks/backup.md says what to do.",
    "What was shredded since stays so: shreds.jsonl is taken from beside the root key, from --custodian, and from --shreds. Without any, say --shreds none.",
  ].join("\n"),
  options: { home: { type: "string" }, "root-key": { type: "string" }, custodian: { type: "string" }, shreds: { type: "string" } },
  takes: [1, 1],
  run: async (invocation) => {
    const { workingDir } = invocation.settings;
    const [from = ""] = invocation.positionals;
    const [home, rootKey, custodian, shreds] = ["home", "root-key", "custodian", "shreds"].map((name) => optionText(invocation, name));
    const wrapper = invocation.settings.rootWrapper();
    if (home === undefined || (rootKey === undefined && wrapper === null)) throw new UsageError(`usage: sallyport ${restore.usage}`);
    const into = resolve(workingDir, home);
    const {
      deployment,
      made,
      files,
      shreds: kept,
    } = await putBack({
      from: resolve(workingDir, from),
      home: into,
      rootKeyFile: rootKey === undefined ? undefined : resolve(workingDir, rootKey),
      wrapper,
      custodian: custodian === undefined ? undefined : resolve(workingDir, custodian),
      shreds: shreds === undefined || shreds === "none" ? shreds : resolve(workingDir, shreds),
    });
    report(invocation, plainJson({ home: into, deployment, made, files: files.length, shreds: kept }), [
      `${deployment} as of ${made} is in ${into}: ${files.length} files, each as it was copied`,
      ...(kept === 0 ? [] : [`  ${kept} ${kept === 1 ? "subject was" : "subjects were"} shredded, before the backup or since, and won't open`]),
      `  start it with SALLYPORT_HOME=${into}, then: sallyport doctor, and sallyport --as auditor call trail.verify`,
      ...(custodian === undefined ? ["  what was done after the backup is missing, and nothing here can tell: compare with bundles, anchors and the SIEM's file"] : []),
    ]);
    return EXIT.done;
  },
};
