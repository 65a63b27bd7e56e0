import { z } from "zod";
import { Count, Hex64, IsoTime } from "./primitives.ts";

/** A file that was kept of a step, by what it is: its SHA-256 and its length in bytes. It stays where its keeper has it. */
export const StepEvidence = z.strictObject({ sha256: Hex64, bytes: Count });
/** What somebody said of a step of a checklist: what was kept of it, and where, as they wrote it. */
export const SaidStep = { by: z.string(), at: IsoTime, note: z.string(), evidence: StepEvidence.nullable() };
