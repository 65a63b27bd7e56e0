import { Hex64, SpoolReceipt } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Grant, HeldSpooled } from "@sallyport/policy";
import { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";
import type { Line } from "./effect.ts";

const DAY_MS = 24 * 3_600_000;
const DISCARD = { action: "spool.discard", resource: "workload" } as const;

/** `digest`: of what exactly is discarded (docs/spec/spool-v1.md, section 7). */
const Discarded = z.strictObject({ receipts: z.array(SpoolReceipt).min(1), count: z.string().regex(/^[1-9]\d{0,2}$/), digest: Hex64 });
export type DiscardPayload = z.output<typeof Discarded>;

type Deps<Tx> = Pick<ApiDeps<Tx>, "spooled" | "now">;

/** SHA-256 over a line for each: its receipt, and the digest of its sealed file. */
const digestOf = (held: readonly HeldSpooled[]): string => sha256Hex(held.map(({ receipt, sha256 }) => `${receipt} ${sha256}\n`).join(""));

/** What a request says of those that are to be discarded. @throws `spool.state` where one of them is none that waits. */
export async function discardPayload<Tx>(deps: Deps<Tx> & Pick<ApiDeps<Tx>, "read">, grant: Grant, receipts: readonly string[]): Promise<DiscardPayload> {
  const wanted = [...new Set(receipts)];
  const held = await deps.read((tx) => deps.spooled.hold(tx, grant, wanted));
  if (held.length !== wanted.length) throw new SallyportError("spool.state");
  return { receipts: held.map(({ receipt }) => receipt), count: `${held.length}`, digest: digestOf(held) };
}

/** Discards requests of services that wait for their replay: what was sealed of them is removed without ever being opened. */
export const discardAct = <Tx>(deps: Deps<Tx>): ApprovalAct<Tx, DiscardPayload> => ({
  kind: "spool.discard",
  ask: DISCARD,
  approve: DISCARD,
  needed: 1,
  openForMs: DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Discarded,
  concerns: () => null,
  async effect(tx, grant, { receipts, count, digest }) {
    const held = await deps.spooled.hold(tx, grant, receipts);
    const whose = [...new Set(held.map(({ principal }) => principal))].toSorted();
    const lines = whose.map((principal): Line => {
      const own = held.filter((each) => each.principal === principal);
      const bytes = own.reduce((sum, each) => sum + each.bytes, 0);
      const oldest = new Date(Math.min(...own.map(({ takenMs }) => takenMs))).toISOString();
      return {
        what: `requests of ${principal}`,
        before: `${own.length} wait, ${bytes} bytes sealed, the oldest since ${oldest}`,
        after: "discarded, unopened; what an earlier attempt did stands",
      };
    });
    const isSo = held.length === Number(count) && held.every(({ isWaiting }) => isWaiting) && digestOf(held) === digest;
    return {
      about: `${count} requests that services handed over`,
      lines: [...lines, { what: "what exactly, by the SHA-256 of its receipts and sealed files", before: digest, after: "removed; the receipts and digests stay on record" }],
      refused: isSo ? null : "spool.state",
    };
  },
  async perform(tx, { digest }, { id }) {
    return { requests: await deps.spooled.discard(tx, id, deps.now()), discarded: digest };
  },
});
