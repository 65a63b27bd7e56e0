import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { MANIFEST_FILE, STATEMENT_FILE } from "@sallyport/audit";
import { plainJson, plainText, SallyportError } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { exportChain } from "../export-chain.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";
import { progressTo, resuming } from "./export.ts";

/** `sallyport archive`: a closed generation as a bundle, verified, and its removal asked for; or how every closed generation stands. */
export const archive: Command = {
  usage: "--as PROFILE archive | --as PROFILE archive --chain CHAIN --generation N --out DIR [--reason TEXT]",
  help: [
    "Without options: the closed generations of the trail, and how each stands to being archived.",
    "With a chain and a generation: writes it as a bundle into a new or empty folder, verifies it under the deployment's key, and puts that on record. With --reason it",
    "asks for the removal of the generation's records as well, which another administrator approves and whoever asked carries out at the console, each by passkey.",
    "Keep the folder, and a copy of it elsewhere: once its records are removed it is all that is left of them. Verify it together with what is left: sallyport verify DIR REST.",
  ].join("\n"),
  options: { ...keyOption, chain: { type: "string" }, generation: { type: "string" }, out: { type: "string" }, reason: { type: "string" } },
  takes: [0, 0],
  run: async (invocation) => {
    const [chain, numbered, out] = ["chain", "generation", "out"].map((name) => optionText(invocation, name));
    if (chain === undefined && numbered === undefined && out === undefined) return await list(invocation);
    const generation = Number(numbered);
    if (chain === undefined || out === undefined || !/^[1-9][0-9]{0,8}$/.test(numbered ?? "")) throw new UsageError(`usage: sallyport ${archive.usage}`);
    return await write(invocation, { chain, generation, out });
  },
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.archives.list.query({}));
  const lines = answer.generations.map(({ chain, generation, size, state, possibleFrom, bundles, archived }) => {
    const written = archived?.digest ?? bundles[0]?.digest;
    return `${chain}  generation ${generation}  ${size} records  ${STATES[state]}${state === "early" ? ` ${possibleFrom}` : ""}${written === undefined ? "" : `  manifest ${written}`}`;
  });
  report(invocation, plainJson(answer), lines.length === 0 ? ["no generation of the trail is closed"] : lines.map(plainText));
  return EXIT.done;
}

const STATES = {
  early: "may be archived from",
  waiting: "waits for the generation before",
  stopped: "its chain is under an incident",
  possible: "may be archived",
  archived: "archived; its records are being removed",
  removed: "archived",
} as const;

interface Wanted {
  readonly chain: string;
  readonly generation: number;
  readonly out: string;
}

async function write(invocation: Invocation, { chain, generation, out }: Wanted): Promise<ExitCode> {
  const { io, settings } = invocation;
  const folder = resolve(settings.workingDir, out);
  const reason = optionText(invocation, "reason");
  const textOf = (name: string): string => readFileSync(resolve(folder, name), "utf8");
  const done = await asProfile(invocation, async (connection) => {
    const plan = { chain, generation, folder, ...callOptions(invocation), onProgress: progressTo(io.err), ...resuming(io.err) };
    const { verdict, records, fingerprint } = await exportChain(connection, plan);
    // Nothing is asked for upon a bundle that doesn't verify: it is evidence of something else.
    if (!verdict.whole) return { verdict, records, fingerprint, digest: null, approval: null };
    const { api } = connection;
    const { digest } = await api.archives.keep.mutate({ chain, generation, statement: textOf(STATEMENT_FILE), manifest: textOf(MANIFEST_FILE) });
    if (digest !== verdict.manifest) throw new SallyportError("archive.unverified");
    if (reason === undefined) return { verdict, records, fingerprint, digest, approval: null };
    const { approval } = await api.approvals.requestArchive.mutate({ chain, generation, digest, reason }, callOptions(invocation));
    return { verdict, records, fingerprint, digest, approval: approval.approvalId };
  });
  const { verdict, records, fingerprint, digest, approval } = done;
  const shown = relative(settings.workingDir, folder) || ".";
  const verifyWith = `sallyport verify ${shown.startsWith("..") ? folder : shown} --key ${fingerprint}`;
  report(invocation, plainJson({ chain, generation, records, folder, fingerprint, digest, approval, whole: verdict.whole, breaks: verdict.breaks, verifyWith }), [
    `${records} records of ${plainText(chain)}, generation ${generation}, are in ${folder}`,
    ...(digest === null
      ? ["the bundle does not verify, so it is no archive:", ...verdict.breaks.map(({ seq, kind, why }) => `  ${kind} at seq ${seq}: ${plainText(why)}`)]
      : [
          `verified, and on record: manifest.json has SHA-256 ${digest}`,
          approval === null
            ? "ask for the removal at the console, under Archives, or give --reason"
            : `the removal is asked for (${approval}): another administrator approves it, then you carry it out, both at the console`,
        ]),
    `verify with: ${verifyWith}`,
  ]);
  return verdict.whole ? EXIT.done : EXIT.failed;
}
