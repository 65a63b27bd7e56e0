import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type JoinRequest, joinLocally, type VerifyAnswer, verifyLocally } from "@sallyport/verifier";
import { expect, test } from "vitest";
import { sentenceOf, type Verdict } from "./verdict-sentence.ts";

const VECTORS = join(import.meta.dirname, "../../../../packages/audit/vectors");
const ALL_OF_A_CHAIN = "Every record is what the deployment signed, and none is missing up to the time below.";

/** The verdict on files of the published vectors, by their own key, as the page's worker has it. */
async function verdictOn(folder: string, only?: string): Promise<Verdict> {
  const names = only === undefined ? readdirSync(join(VECTORS, folder)) : [only];
  const files = names.map((name) => new File([readFileSync(join(VECTORS, folder, name))], name));
  const ask = async (fingerprint: string | null): Promise<Verdict> => {
    const answers: VerifyAnswer[] = [];
    await verifyLocally({ files, fingerprint, witness: null }, (answer) => answers.push(answer));
    const last = answers.at(-1);
    return last?.kind === "verdict" ? last.verdict : expect.unreachable();
  };
  return await ask((await ask(null)).fingerprint);
}

const together = (...verdicts: JoinRequest["verdicts"]): Verdict => {
  const answer = joinLocally({ verdicts });
  return answer.kind === "verdict" ? answer.verdict : expect.unreachable();
};

test("of a whole chain it is said that nothing is missing, and of that alone", async () => {
  const [first, second, rest] = [await verdictOn("bundle-v2/archive-1"), await verdictOn("bundle-v2/archive-2"), await verdictOn("bundle-v2/rest")];
  expect(sentenceOf(await verdictOn("bundle-v1"))).toEqual({ look: "lit", title: "Whole, by the key that you gave", what: ALL_OF_A_CHAIN });
  expect(sentenceOf(together(first, second, rest)).what).toBe(ALL_OF_A_CHAIN);
  for (const part of [first, second, rest, together(second, rest), together(first, rest), together(first, second), await verdictOn("proofs", "v1.excerpt.jsonl")])
    expect(sentenceOf(part)).toMatchObject({ look: "lit", what: expect.not.stringContaining("none is missing") as string });
});

test("an excerpt's sentence leaves to the deployment's word that its records are all that match", async () => {
  const verdict = await verdictOn("proofs", "v1.excerpt.jsonl");
  expect(sentenceOf(verdict).what).toBe("Every record here is what the deployment signed. That these are all the records that match what was asked for is its own word.");
  expect(sentenceOf({ ...verdict, whole: false }).what).toContain("export the same records again");
});

test("a record's proof speaks of that record alone", async () => {
  const verdict = await verdictOn("proofs", "record-v1.tlog-proof");
  expect(sentenceOf(verdict)).toMatchObject({ look: "lit", what: "This record is what the deployment signed, at its place in its chain. It says nothing of other records." });
  expect(sentenceOf({ ...verdict, whole: false }).what).toContain("Don't rely on the record");
});

test("a part of a chain says which generations are whole, and what is elsewhere", async () => {
  const [first, second, rest] = [await verdictOn("bundle-v2/archive-1"), await verdictOn("bundle-v2/archive-2"), await verdictOn("bundle-v2/rest")];
  const [signed, after] = ["Every record here is what the deployment signed,", "What came after is in a bundle of the chain, and not here."];
  expect(sentenceOf(first).what).toBe(`${signed} and none of generation 1 is missing. ${after}`);
  expect(sentenceOf(second).what).toBe(`${signed} and none of generation 2 is missing. What generation 1 held was archived, and is not here. ${after}`);
  expect(sentenceOf(rest).what).toBe(`${signed} and none of generation 3 is missing up to the time below. What generations 1, 2 held was archived, and is not here.`);
  expect(sentenceOf(together(first, rest)).what).toBe(
    `${signed} and none of generations 1, 3 is missing up to the time below. What generation 2 held was archived, and is not here.`,
  );
});
