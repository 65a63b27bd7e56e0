import { z } from "zod";
import { IsoTime } from "./primitives.ts";

/** Body of `POST /token`. `scope` names actions, separated by spaces; without it, all that the principal's roles allow. */
export const TokenInput = z.strictObject({
  scope: z
    .string()
    .max(2000)
    .regex(/^[a-z_.]+(?: [a-z_.]+)*$/)
    .optional(),
});
export const TokenOutput = z.strictObject({ token: z.string(), expiresAt: IsoTime });

const Lamp = z.enum(["ok", "down"]);

/** Answer of `GET /health`. */
export const Health = z.strictObject({
  status: z.enum(["ok", "degraded", "unavailable"]),
  deployment: z.string(),
  version: z.string(),
  pillars: z.strictObject({ workload: Lamp, principal: Lamp, policy: Lamp, phi: Lamp, trail: Lamp }),
  /**
   * The signing key in use, and the notes by which who has an earlier one's fingerprint follows to it (docs/spec/handover-v1.md); those that were in use before it, the
   * latest first, each with when it last went out of use; and the next one, to be given to witnesses.
   */
  checkpoint: z.strictObject({
    fingerprint: z.string(),
    vkey: z.string(),
    handovers: z.array(z.string()),
    before: z.array(z.strictObject({ fingerprint: z.string(), until: IsoTime })),
    next: z.strictObject({ fingerprint: z.string(), vkey: z.string() }).nullable(),
  }),
  time: IsoTime,
});
export type Health = z.infer<typeof Health>;
