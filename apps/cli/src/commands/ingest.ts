import { callOptions, keyOption } from "../call-options.ts";
import { type Command, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { plainJson } from "../plain-text.ts";
import { asProfile } from "../profile.ts";
import { readText } from "../read-text.ts";
import { studyOfDataset } from "../study-of-dataset.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport ingest`: one Dataset-JSON file into quarantine. */
export const ingest: Command = {
  usage: "--as PROFILE ingest FILE [--study ID] [--idempotency-key KEY]",
  help: [
    "Uploads a dataset (Dataset-JSON, UTF-8; - for standard input) into quarantine. It is validated and classified on the way in,",
    "and nobody can read it until another principal has released it. Without --study, the study is the one that its STUDYID names.",
  ].join("\n"),
  options: { ...keyOption, study: { type: "string" } },
  takes: [1, 1],
  run: async (invocation) => {
    const [file = ""] = invocation.positionals;
    const content = await readText(invocation, file);
    const study = optionText(invocation, "study") ?? studyOfDataset(content);
    if (study === null) throw new UsageError("the file doesn't name one study in STUDYID; say which it is with --study ID");
    const packet = await asProfile(invocation, async ({ api }) => await api.packets.upload.mutate({ study, content }, callOptions(invocation)));
    report(invocation, plainJson(packet), [
      `packet ${packet.packetId} is in quarantine`,
      `  ${packet.dataset} of ${packet.study}: ${packet.rows} rows, ${packet.sites.length} sites, ${packet.bytes} bytes`,
      `  next, as someone else: sallyport --as PROFILE release ${packet.packetId} --reason TEXT`,
    ]);
    return EXIT.done;
  },
};
