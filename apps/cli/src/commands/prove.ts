import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { plainJson, plainText, SallyportError } from "@sallyport/errors";
import { callOptions } from "../call-options.ts";
import { type Command, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const NUMBER = /^[1-9][0-9]{0,14}$/;

/** `sallyport prove`: one record of the trail, with its proof. */
export const prove: Command = {
  usage: "--as PROFILE prove --chain CHAIN --seq N [--generation N] --out FILE",
  help: [
    "Writes one record of a chain (system, or site:STUDY/SITE) with the proof that it is in a checkpoint which the custodian signed, and which",
    "witnesses may have cosigned (a C2SP tlog-proof). `sallyport verify FILE` checks it anywhere; compare the key's fingerprint with one",
    "that you got another way. The generation is 1 unless it is named.",
  ].join("\n"),
  options: { chain: { type: "string" }, seq: { type: "string" }, generation: { type: "string" }, out: { type: "string" } },
  takes: [0, 0],
  run: async (invocation) => {
    const [chain, out, seq = "", generation = "1"] = ["chain", "out", "seq", "generation"].map((name) => optionText(invocation, name));
    if (chain === undefined || out === undefined || !NUMBER.test(seq) || !NUMBER.test(generation)) throw new UsageError(`usage: sallyport ${prove.usage}`);
    const { io, settings, isJson } = invocation;
    const file = resolve(settings.workingDir, out);
    if (existsSync(file)) throw new SallyportError("file.exists");
    const input = { chain, generation: Number(generation), seq: Number(seq) };
    const proven = await asProfile(invocation, async ({ api }) => await api.trail.prove.query(input, { context: callOptions(invocation).context }));
    writeFileSync(file, proven.proof, { flag: "wx" });
    const verifyWith = `sallyport verify ${out} --key ${proven.fingerprint}`;
    const { checkpoint, witnesses, fingerprint } = proven;
    report({ io, isJson }, plainJson({ ...input, file, checkpoint, witnesses, fingerprint, verifyWith }), [
      `record ${seq} of ${plainText(chain)} and its proof are in ${file}; the checkpoint is of ${checkpoint.size} records${witnesses.length === 0 ? "" : `, cosigned by ${plainText(witnesses.join(", "))}`}`,
      `verify with: ${verifyWith}`,
    ]);
    return EXIT.done;
  },
};
