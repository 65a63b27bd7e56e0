import { AddSequenceInput, AddSequenceOutput, AssembleSequenceInput, AssembleSequenceOutput, CreateSubmissionInput, CreateSubmissionOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { pathFault } from "@sallyport/submission";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSubmission, wholeStudy } from "../../submissions/submission-place.ts";

export const ASSEMBLE = { action: "submission.assemble", resource: "ectd_sequence" } as const;
const SEQUENCES_MAX = 10_000;

/** Begins a submission of a study. */
export const createSubmission = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      ...ASSEMBLE,
      input: CreateSubmissionInput,
      output: CreateSubmissionOutput,
      recorded: "once",
      locate: ({ study }) => wholeStudy(deps, study),
    },
    {
      prepare: ({ trace }) => {
        const submissionId = newId("sbm");
        trace.about(submissionId);
        return Promise.resolve(submissionId);
      },
      commit: async (tx, { input: { study, title }, grant }, submissionId) => {
        await deps.submissions.insert(tx, grant, { id: submissionId, study, title, atMs: deps.now() });
        return { submissionId };
      },
    },
  );

/** Adds the sequence after the last one. */
export const addSequence = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...ASSEMBLE, input: AddSequenceInput, output: AddSequenceOutput, recorded: "once", locate: ({ submissionId }, trace) => locateSubmission(deps, submissionId, trace) },
    {
      prepare: () => Promise.resolve(null),
      commit: async (tx, { input: { submissionId }, grant, trace }) => {
        const last = (await deps.submissions.sequences(tx, grant, submissionId)).at(-1);
        const next = last === undefined ? 0 : Number(last.number) + 1;
        if (next >= SEQUENCES_MAX) throw new SallyportError("submission.state");
        const sequence = String(next).padStart(4, "0");
        await deps.submissions.addSequence(tx, grant, submissionId, { number: sequence, atMs: deps.now() });
        trace.note({ sequence });
        return { sequence };
      },
    },
  );

/** Says which released versions stand at which paths of a sequence, all of them. What is wrong with one is shown with the sequence. */
export const assembleSequence = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      ...ASSEMBLE,
      input: AssembleSequenceInput,
      output: AssembleSequenceOutput,
      recorded: "once",
      locate: ({ submissionId }, trace) => locateSubmission(deps, submissionId, trace),
    },
    {
      prepare: ({ input: { sequence, files } }) => {
        // A path that leads out is never stored; the others are shown with what is wrong.
        const where = files.flatMap(({ path }, n) => (pathFault(`${sequence}/${path}`) === null ? [] : [`files ${n + 1}: ${pathFault(`${sequence}/${path}`)}`]));
        const paths = files.map(({ path }) => path);
        if (new Set(paths).size < paths.length) where.push("files: a path that is there twice");
        if (where.length > 0) throw new SallyportError("input.invalid", { where: where.slice(0, 20) });
        return Promise.resolve(null);
      },
      commit: async (tx, { input: { submissionId, sequence, files }, grant, trace }) => {
        const placed = files.map(({ path, documentId: document, version, needsApproval }) => ({ path, document, version, needsApproval }));
        await deps.submissions.place(tx, grant, { submission: submissionId, sequence }, placed, deps.now());
        trace.note({ sequence, files: files.length });
        return { done: true as const };
      },
    },
  );
