import { randomInt } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { verdictLines, verifyBundle } from "@sallyport/audit";
import { type DrillResult, drill as tryAttacks, memoryReader } from "@sallyport/audit/drill";
import { plainJson, SallyportError } from "@sallyport/errors";
import { type Command, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { optionKey } from "../option-key.ts";
import { UsageError } from "../usage-error.ts";

/** Each attack works on a copy of the whole bundle in memory. */
const BYTES_MAX = 256 * 2 ** 20;

/** `sallyport drill`: whether tampering with a bundle is found, tried. */
export const drill: Command = {
  usage: "drill DIR [--key sha256:HEX]",
  help: [
    "Does to copies of an exported bundle, one after the other, what somebody could do who holds it and no key, and has each verified: which were found, where",
    "and by what. The bundle itself is only read. --key is the fingerprint of the deployment's key, got from elsewhere; a bundle that is signed anew with",
    "another key is found by nothing else. Exit codes: 0 all were found, 1 one wasn't, or the bundle was broken before, 2 no bundle.",
  ].join("\n"),
  options: { key: { type: "string" } },
  takes: [1, 1],
  run: async (invocation) => {
    const [named = ""] = invocation.positionals;
    const key = optionKey(invocation);
    const files = filesIn(resolve(invocation.settings.workingDir, named));
    const before = await verifyBundle(memoryReader(files), key === undefined ? {} : { fingerprint: key });
    if (!before.whole) {
      report(invocation, plainJson({ drilled: false, verdict: before }), [
        "the bundle is broken before anything is done to it, so a drill would show nothing",
        ...verdictLines(before),
      ]);
      return EXIT.failed;
    }
    const results: DrillResult[] = [];
    for await (const result of tryAttacks(files, { fingerprint: key, draw: (min, max) => randomInt(min, max + 1) })) results.push(result);
    const count = (outcome: DrillResult["outcome"]): number => results.filter((each) => each.outcome === outcome).length;
    const missed = count("not found");
    report(invocation, plainJson({ drilled: true, found: count("found"), notFound: missed, leftOut: count("left out"), results }), [
      ...results.map(lineOf),
      `${count("found")} attacks were found, ${missed} weren't${count("left out") > 0 ? `, ${count("left out")} were left out` : ""}; the bundle itself is as it was`,
      ...(key === undefined ? ["a bundle that is signed anew with another key is found by its fingerprint alone: drill again with --key"] : []),
    ]);
    return missed === 0 ? EXIT.done : EXIT.failed;
  },
};

/** The whole bundle. @throws SallyportError `bundle.unreadable`. @throws UsageError where it is too large. */
function filesIn(folder: string): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  let bytes = 0;
  try {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      const found = lstatSync(path);
      if (!found.isFile()) throw new SallyportError("bundle.unreadable", { file: name });
      bytes += found.size;
      if (bytes > BYTES_MAX) break;
      files.set(name, readFileSync(path));
    }
  } catch (error) {
    throw error instanceof SallyportError ? error : new SallyportError("bundle.unreadable", { file: folder }, error);
  }
  if (bytes > BYTES_MAX) throw new UsageError("the bundle is larger than 256 MiB: drill with that of a smaller chain");
  return files;
}

function lineOf({ attack, what, outcome, said, foundBy }: DrillResult): string {
  const place = said === null || said.generation === 0 ? "the bundle" : said.seq === 0 ? `generation ${said.generation}` : `generation ${said.generation}, record ${said.seq}`;
  const named = said === null ? "" : `: ${place} is ${said.kind} (${foundBy.join(", ")})`;
  return `${outcome.padEnd(9)}  ${attack.padEnd(15)}  ${what}${named}`;
}
