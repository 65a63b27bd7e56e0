import { measureAppend } from "./append.ts";
import { measureCrossing } from "./crossing.ts";
import { measureDecide } from "./decide.ts";
import { measureDocument } from "./document.ts";
import { type Figure, lineOf } from "./figure.ts";
import { measureExport } from "./export.ts";
import { measureGrowth } from "./growth.ts";
import { measureIngest } from "./ingest.ts";
import { measurePageLoads } from "./pages.ts";
import { measureProof } from "./proof.ts";
import { measureReencrypt } from "./reencrypt.ts";
import { measureRewrap } from "./rewrap.ts";
import { measureSearch } from "./search.ts";
import { measureVerify } from "./verify.ts";

/** Of the document that goes all the way, unless `--bytes=` says otherwise. */
const DOCUMENT_BYTES = 2_000_000_000;
const BYTES = /^--bytes=([1-9]\d{5,9})$/;

const BENCHES: Readonly<Record<string, (bytes: number) => Promise<readonly Figure[]>>> = {
  append: measureAppend,
  growth: measureGrowth,
  verify: measureVerify,
  proof: measureProof,
  export: measureExport,
  decide: measureDecide,
  crossing: measureCrossing,
  ingest: measureIngest,
  search: measureSearch,
  rewrap: measureRewrap,
  reencrypt: measureReencrypt,
  document: measureDocument,
  pages: measurePageLoads,
};

/** Runs the named measurements, or all, and prints each figure as it is, below its goal or not. */
async function main(args: readonly string[]): Promise<number> {
  const isJson = args.includes("--json");
  const bytes = Number(args.flatMap((arg) => BYTES.exec(arg)?.[1] ?? []).at(-1) ?? DOCUMENT_BYTES);
  const names = args.filter((arg) => arg !== "--json" && !BYTES.test(arg));
  if (names.some((name) => !Object.hasOwn(BENCHES, name))) {
    process.stderr.write(`usage: npm run bench [-- ${Object.keys(BENCHES).join("|")} ...] [--json] [--bytes=N]\n`);
    return 2;
  }
  for (const [name, measure] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    process.stderr.write(`${name}\n`);
    for (const figure of await measure(bytes)) process.stdout.write(`${isJson ? JSON.stringify(figure) : lineOf(figure)}\n`);
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
