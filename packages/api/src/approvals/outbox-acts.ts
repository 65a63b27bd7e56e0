import { OutboxItemId, RecipientId, RouteList } from "@sallyport/contracts";
import { canonicalJson } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { resend, routeLine, type RouteSettings } from "@sallyport/outbox";
import { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";
import type { Line } from "./effect.ts";

const DAY_MS = 24 * 3_600_000;
const APPROVE = { action: "person.approve", resource: "principal" } as const;

/** `version`: which list of this recipient it becomes; `routes`: each in its canonical JSON. */
const Changed = z.strictObject({ recipientId: RecipientId, version: z.string().regex(/^[1-9]\d{0,5}$/), routes: z.array(z.string()).min(1) });
export type RoutesPayload = z.output<typeof Changed>;

/** What a request says of a recipient's routes. */
export const routesPayload = (recipientId: string, version: number, routes: readonly RouteSettings[]): RoutesPayload => ({
  recipientId,
  version: String(version),
  routes: routes.map((route) => canonicalJson(route)),
});

/** Puts a recipient's routes in the place of those before: whoever may say where packets go says it with a second person. */
export const routesAct = <Tx>(deps: Pick<ApiDeps<Tx>, "recipients" | "routes" | "now">): ApprovalAct<Tx, RoutesPayload> => ({
  kind: "route.change",
  ask: { action: "route.change", resource: "route" },
  approve: { action: "route.change", resource: "route" },
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Changed,
  concerns: () => null,
  async effect(tx, grant, { recipientId, version, routes }) {
    const wanted = settingsOf(routes);
    const recipient = await deps.recipients.byId(tx, recipientId);
    if (recipient === null) return { about: "-", lines: [], refused: "policy.denied" };
    const { version: standing, routes: present } = await deps.routes.of(tx, grant, recipientId);
    const before = present.map(({ settings }) => routeLine(settings));
    const after = wanted.map(routeLine);
    const lines = Array.from(
      { length: Math.max(before.length, after.length) },
      (_, rank): Line => ({
        what: rank === 0 ? "primary route" : `fallback route ${rank}`,
        before: before[rank] ?? null,
        after: after[rank] ?? null,
      }),
    );
    const isSame = before.length === after.length && before.every((line, rank) => line === after[rank]);
    return {
      about: `routes to ${recipient.name}`,
      lines,
      refused: recipient.key === null ? "recipient.state" : standing + 1 !== Number(version) ? "approval.changed" : isSame ? "input.invalid" : null,
    };
  },
  async perform(tx, { recipientId, version, routes }, { id }) {
    await deps.routes.replace(tx, recipientId, { version: Number(version), settings: settingsOf(routes), approval: id, atMs: deps.now() });
    return { recipient: recipientId, routes: routes.length, version };
  },
});

function settingsOf(routes: readonly string[]): readonly RouteSettings[] {
  const parsed = RouteList.safeParse(routes.map((route): unknown => JSON.parse(route)));
  if (!parsed.success) throw new SallyportError("approval.changed");
  return parsed.data;
}

const Resent = z.strictObject({ itemId: OutboxItemId });
export type ResentPayload = z.output<typeof Resent>;

/** Sends an item again of which nobody knows whether it has arrived: under its key, by which a portal that has it knows it. */
export const resendAct = <Tx>(deps: Pick<ApiDeps<Tx>, "outbox" | "now">): ApprovalAct<Tx, ResentPayload> => ({
  kind: "packet.resend",
  ask: { action: "outbox.reconcile", resource: "outbox" },
  approve: APPROVE,
  needed: 1,
  openForMs: DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Resent,
  concerns: () => null,
  async effect(tx, grant, { itemId }) {
    const row = await deps.outbox.lock(tx, grant, itemId);
    if (row === null) return { about: "-", lines: [], refused: "policy.denied" };
    const { item, packetId, recipientId, hasKey, sha256, length, idempotencyKey } = row;
    return {
      about: `packet ${packetId} to ${recipientId}`,
      lines: [
        {
          what: `item ${itemId}, attempt ${item.attempt}`,
          before: item.state === "in-doubt" ? "in doubt: it may have arrived" : item.state,
          after: "sent again, over the first healthy route",
        },
        { what: "the bytes, and the key that the portal knows them by", before: `${length} bytes, ${sha256}, ${idempotencyKey}`, after: "the same" },
      ],
      refused: item.state !== "in-doubt" ? "outbox.state" : hasKey ? null : "recipient.state",
    };
  },
  async perform(tx, { itemId }) {
    const row = await deps.outbox.lock(tx, null, itemId);
    const item = row === null ? null : resend(row.item, deps.now());
    if (item === null) throw new SallyportError("outbox.state");
    await deps.outbox.put(tx, itemId, item, { atMs: deps.now(), isDisagreement: false });
    return { item: itemId, attempt: item.attempt, from: "in-doubt", to: item.state };
  },
});
