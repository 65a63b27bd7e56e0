import { IssueLinkInput, IssueLinkOutput } from "@sallyport/contracts";
import { newId, pooledRandom, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { verifiedDigest } from "../../approvals/decision.ts";
import { locateApproval } from "../../approvals/locate-approval.ts";
import { actOf, approvalActs } from "../../approvals/registry.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";

/** A link is handed over at once; it is worth a person's way in. */
const LINK_MS = 24 * 3_600_000;
const LINKS = { "person.invite": { kind: "invitation", status: "invited" }, "authenticator.recover": { kind: "recovery", status: "recovering" } } as const;
const linkOf = (kind: string): (typeof LINKS)[keyof typeof LINKS] | null => (kind === "person.invite" || kind === "authenticator.recover" ? LINKS[kind] : null);

/**
 * Makes the one-time link of an approved invitation or recovery, for who asked for it. Each call makes a new one and ends the one before.
 * It is made like a reveal: nothing of it is kept for an idempotency key, because what is kept can be read.
 */
export const issueLink = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const acts = approvalActs(deps);
  return boundary.reveal(
    {
      action: "approval.use",
      resource: "approval",
      input: IssueLinkInput,
      output: IssueLinkOutput,
      locate: ({ approvalId }, trace) => locateApproval(deps, acts, approvalId, trace, ({ act, requestedByPerson }) => ({ whose: requestedByPerson, also: act.ask })),
    },
    ({ input: { approvalId }, grant, trace }) => {
      const secret = Buffer.from(pooledRandom(32)).toString("base64url");
      const expiresMs = deps.now() + LINK_MS;
      return Promise.resolve({
        store: async (tx) => {
          const row = await deps.approvals.lock(tx, grant, approvalId);
          const act = row === null ? null : actOf(acts, row.kind);
          const link = row === null ? null : linkOf(row.kind);
          if (row === null || act === null) throw new SallyportError("policy.denied");
          if (link === null || row.state !== "done" || deps.now() >= (row.usableUntilMs ?? 0)) throw new SallyportError("approval.state");
          const personId = act.payloadOf(row)["personId"];
          const person = typeof personId === "string" ? await deps.people.people.lock(tx, personId) : null;
          // Who has enrolled meanwhile, or was suspended, needs another request.
          if (person === null || person.status !== link.status) throw new SallyportError("approval.state");
          await deps.people.links.issue(tx, { id: newId("lnk"), kind: link.kind, person: person.id, approval: verifiedDigest(row), expiresMs }, sha256Hex(secret));
          trace.note({ person: person.id });
        },
        answer: () => ({ secret, expiresAt: new Date(expiresMs).toISOString() }),
      });
    },
  );
};
