import { SallyportError } from "@sallyport/errors";
import type { StandingSignature } from "@sallyport/phi";
import { Grant } from "@sallyport/policy";
import { BACKBONE, PACKET_FILES_MAX } from "@sallyport/submission";
import { expect, test } from "vitest";
import type { ApiDeps } from "../ports.ts";
import { draftPacket } from "./packet-draft.ts";
import type { KnownFile } from "./sequence-findings.ts";

/** So many files of which nobody reaches the documents, under so many signatures in all. */
const known = (files: number, signatures: number, first = "m1/0.pdf"): readonly KnownFile[] =>
  Array.from({ length: files }, (_, at) => ({
    path: at === 0 ? first : `m1/${at}.pdf`,
    document: `doc_${at}`,
    version: 1,
    needsApproval: false,
    row: null,
    newest: 1,
    valid: at === 0 ? Array.from({ length: signatures }, (__, n) => ({ id: `sig_${n}` }) as StandingSignature) : [],
    isBroken: false,
    isApproved: false,
  }));
const grant = Grant.issue(
  { principal: "prn_1", person: "per_1", workload: "console", action: "submission.assemble", resource: "ectd_sequence", requestId: "req_1", policy: "p" },
  { effect: "allow", rule: "r", role: "r", sites: [], fields: { readable: [], masked: [] } as never },
);
/** Where a sequence is refused. */
const refusal = (files: readonly KnownFile[]): Promise<unknown> =>
  draftPacket({} as ApiDeps<never>, grant, "0000", files).then(
    () => null,
    (error: unknown) => (error instanceof SallyportError && error.code === "submission.incomplete" ? error.context["where"] : error),
  );

test("files, what is made for them and receipts are counted before anything is read: a packet with more than it can have isn't begun", async () => {
  expect(await refusal(known(1500, PACKET_FILES_MAX - 1501))).toEqual([
    "the whole sequence: 1500 documents, 2 made for their index, 499 receipts of signatures; a packet has 2000 files at most",
  ]);
  expect(await refusal(known(1500, PACKET_FILES_MAX - 1500, BACKBONE))).toEqual([
    "the whole sequence: 1500 documents, 1 made for their index, 500 receipts of signatures; a packet has 2000 files at most",
  ]);
  // As many as there can be: the first document is looked for.
  expect(await refusal(known(1500, PACKET_FILES_MAX - 1502))).toEqual(["m1/0.pdf: gone"]);
  expect(await refusal(known(1500, PACKET_FILES_MAX - 1501, BACKBONE))).toEqual([`${BACKBONE}: gone`]);
});

test("a signature on what stands at two places has one receipt", async () => {
  const [one, two] = [known(1, PACKET_FILES_MAX - 4), known(1, PACKET_FILES_MAX - 4)];
  expect(await refusal([...one, ...two])).toEqual(["m1/0.pdf: gone"]);
});
