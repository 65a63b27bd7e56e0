import { createWriteStream, existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { verdictLines, verifyExport } from "@sallyport/audit";
import { exportReader } from "@sallyport/audit/bundle-folder";
import type { Connection, WatchEvent, WatchInput } from "@sallyport/client";
import { plainJson, plainText, SallyportError } from "@sallyport/errors";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const SUFFIX = ".excerpt.jsonl";
/** The command's options, and the condition of the search that each is. */
const CONDITIONS = {
  chain: "chain",
  study: "study",
  site: "site",
  principal: "principal",
  workload: "workload",
  action: "action",
  resource: "resource",
  reason: "reason",
  request: "requestId",
  outcome: "outcome",
  from: "from",
  until: "until",
} as const;

/** `sallyport excerpt`: chosen records of the trail, each with its proof. */
export const excerpt: Command = {
  usage: `--as PROFILE excerpt --out FILE${SUFFIX} [--chain C] [--site S] [--study S] [--principal P] [--action A] [--resource R] [--request ID] [--outcome O] [--from T] [--until T] [--naming STUDY/SITE]`,
  help: [
    "Writes the records that match, oldest first, each with the proof that the custodian signed it: of a chain, a time, a subject, a request, a person",
    "(--principal), outcomes (--outcome deny,error), or whatever of these together. --resource finds what was done to that very subject, packet or document, by the",
    "reference that its records have or the beginning of one; not what was done to a packet that holds the subject: search for the packet for that. `sallyport verify FILE` checks it anywhere, `sallyport report FILE` makes a",
    "document of it. Exporting is on record. Times are ISO: 2026-01-31T00:00:00Z. --naming, alone: the records of `system` that name a site of yours.",
  ].join("\n"),
  options: { out: { type: "string" }, naming: { type: "string" }, ...Object.fromEntries(Object.keys(CONDITIONS).map((name) => [name, { type: "string" as const }])) },
  takes: [0, 0],
  run: async (invocation) => {
    const out = optionText(invocation, "out");
    if (out === undefined || !out.endsWith(SUFFIX)) throw new UsageError(`--out takes a file that ends in ${SUFFIX}. usage: sallyport ${excerpt.usage}`);
    const events = watchOf(invocation);
    const target = resolve(invocation.settings.workingDir, out);
    if (existsSync(target)) throw new SallyportError("file.exists");
    const part = `${target}.part`;
    try {
      await asProfile(invocation, async (connection) => {
        await pipeline(Readable.from(linesOf(events(connection), invocation)), createWriteStream(part, { flags: "wx" }));
      });
      await rename(part, target);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    const verdict = await verifyExport(await exportReader(target));
    const verifyWith = `sallyport verify ${out} --key ${verdict.fingerprint ?? ""}`;
    report(invocation, plainJson({ file: target, records: verdict.records, whole: verdict.whole, fingerprint: verdict.fingerprint, verifyWith }), [
      `${verdict.records} records are in ${plainText(basename(target))}`,
      ...(verdict.whole ? [] : ["it does not verify:", ...verdictLines(verdict)]),
      `verify with: ${verifyWith}`,
    ]);
    return verdict.whole ? EXIT.done : EXIT.failed;
  },
};

/** What is asked for: what matches, or what names a site. */
function watchOf(invocation: Invocation): (connection: Connection) => AsyncIterable<WatchEvent<"crossings.export">> {
  const filter = filterOf(invocation);
  const naming = optionText(invocation, "naming");
  if (naming === undefined) return (connection) => connection.watch("crossings.export", { format: "excerpt", filter });
  const [study = "", site = "", ...more] = naming.split("/");
  if (more.length > 0 || Object.keys(filter).length > 0) throw new UsageError(`--naming takes STUDY/SITE, and no other condition. usage: sallyport ${excerpt.usage}`);
  return (connection) => connection.watch("crossings.naming", { study, site });
}

function filterOf(invocation: Invocation): NonNullable<WatchInput<"crossings.export">["filter"]> {
  const asked = Object.entries(CONDITIONS).flatMap(([option, member]) => {
    const value = optionText(invocation, option);
    return value === undefined ? [] : [[member, member === "outcome" ? value.split(",") : value] as const];
  });
  // The api holds it to its schema, and names what isn't right.
  return Object.fromEntries(asked) as NonNullable<WatchInput<"crossings.export">["filter"]>;
}

async function* linesOf(events: AsyncIterable<WatchEvent<"crossings.export">>, { io }: Invocation): AsyncGenerator<string> {
  let isWhole = false;
  let saidAtMs = performance.now();
  for await (const { lines, done, of, isLast } of events) {
    yield lines.map((line) => `${line}\n`).join("");
    isWhole = isLast;
    if (performance.now() - saidAtMs < 1000) continue;
    saidAtMs = performance.now();
    io.err(`${done} of ${of} records\n`);
  }
  if (!isWhole) throw new SallyportError("service.unavailable");
}
