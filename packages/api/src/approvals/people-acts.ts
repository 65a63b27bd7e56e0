import { IsoTime, PersonId, PrintedName, StudyId, SiteId, Username } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import type { ErrorCode } from "@sallyport/errors";
import type { PersonStatus } from "@sallyport/people";
import { z } from "zod";
import { placeWords } from "../assignments/place-words.ts";
import { refusedPlace, refusedRole } from "../assignments/refused.ts";
import { ADMINISTRATOR_ROLE, isNeeded } from "../people/administrators.ts";
import { offboardPerson } from "../people/offboard-person.ts";
import { suspendPerson } from "../people/suspend-person.ts";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct, Asker } from "./act.ts";
import type { Effect } from "./effect.ts";

const DAY_MS = 24 * 3_600_000;
const APPROVE = { action: "person.approve", resource: "principal" } as const;

const invited = {
  personId: PersonId,
  username: Username,
  printedName: PrintedName,
  role: z.string().max(64),
  study: z.union([StudyId, z.literal("*")]),
  site: z.union([SiteId, z.literal("*")]),
};
/** Somebody who comes for a time, as an inspector does, has `until` when their role ends. */
const Invited = z.union([z.strictObject({ ...invited, until: IsoTime }), z.strictObject(invited)]);

const endOf = (payload: z.output<typeof Invited>): number | null => ("until" in payload ? Date.parse(payload.until) : null);

/** Whether a role may be given there by the asker, as the policy and the registry stand now. */
async function refusedInvite<Tx>(deps: ApiDeps<Tx>, { role, study, site }: z.output<typeof Invited>, asker: Asker): Promise<ErrorCode | null> {
  return (await refusedPlace(deps, study, site)) ?? refusedRole(deps, asker.principal, role);
}

/** Somebody new, with one role at one place. They come in by a link that the requester hands them. */
export const inviteAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, z.output<typeof Invited>> => ({
  kind: "person.invite",
  ask: { action: "person.invite", resource: "principal" },
  approve: APPROVE,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: 7 * DAY_MS,
  onlyBy: null,
  payload: Invited,
  concerns: () => null,
  async effect(_tx, _grant, payload, asker) {
    const { username, printedName, role, study, site } = payload;
    const untilMs = endOf(payload);
    const isTaken = (await deps.people.people.byUsername(username)) !== null;
    return {
      about: `${printedName} (${username})`,
      lines: [
        { what: `${printedName} (${username})`, before: null, after: "invited" },
        { what: `${role} ${placeWords(study, site)}`, before: null, after: "assigned" },
        ...(untilMs === null ? [] : [{ what: "ends", before: null, after: new Date(untilMs).toISOString() }]),
      ],
      // Their time was over before anybody agreed.
      refused: isTaken ? "people.taken" : untilMs !== null && untilMs <= deps.now() ? "approval.changed" : await refusedInvite(deps, payload, asker),
    };
  },
  async perform(tx, payload) {
    const { personId, username, printedName, role, study, site } = payload;
    const principal = newId("prn");
    await deps.people.people.register(tx, { id: personId, principal, username, printedName, status: "invited" });
    await deps.people.people.assign(tx, principal, { role, study, site, fromMs: deps.now(), untilMs: endOf(payload) });
    return { person: personId, principal };
  },
});

const Person = z.strictObject({ personId: PersonId });
export type PersonPayload = z.output<typeof Person>;

/** What an act on somebody who is there changes of how they stand. */
interface Move {
  readonly from: readonly PersonStatus[];
  readonly to: PersonStatus;
  /** What else it changes, in words. */
  readonly more: readonly { readonly what: string; readonly before: string; readonly after: string }[];
}

/** The effect of an act on one person; their row, and the administrators', stay locked. */
async function effectOnPerson<Tx>(deps: ApiDeps<Tx>, tx: Tx, personId: string, { from, to, more }: Move): Promise<Effect> {
  const { people } = deps.people;
  // The administrators first, always: two acts on two of them wait for each other and never for each other's person.
  const administrators = await people.lockHolders(tx, ADMINISTRATOR_ROLE, deps.now());
  const person = await people.lock(tx, personId);
  if (person === null) return { about: "-", lines: [], refused: "policy.denied" };
  const name = `${person.printedName} (${person.username})`;
  const held = (deps.policy.current().principals.get(person.principal)?.assignments ?? []).filter(({ untilMs }) => untilMs === null || untilMs > deps.now());
  const roles = held.map(({ role, study, site }) => ({
    what: `${role} ${placeWords(study, site)}`,
    before: person.status === "active" ? "in effect" : "without effect",
    after: to === "active" ? "in effect" : "without effect",
  }));
  const falls = to !== "active" && isNeeded(administrators, personId);
  return {
    about: name,
    lines: [{ what: name, before: person.status, after: to }, ...roles, ...more],
    refused: from.includes(person.status) ? (falls ? "people.floor" : null) : "people.state",
  };
}

/** Stops a person: their sessions end, and no token of theirs opens anything. Two active administrators remain. */
export const suspendAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, PersonPayload> => ({
  kind: "person.suspend",
  ask: { action: "person.suspend", resource: "principal" },
  approve: APPROVE,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Person,
  concerns: ({ personId }) => personId,
  effect: (tx, _grant, { personId }) =>
    effectOnPerson(deps, tx, personId, { from: ["active", "recovering"], to: "suspended", more: [{ what: "sessions", before: "as they are", after: "ended" }] }),
  perform: async (tx, { personId }) => ({ person: personId, sessions: await suspendPerson(deps.people, tx, personId, deps.now()) }),
});

/** Lets a suspended person act again, with what they had. */
export const reinstateAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, PersonPayload> => ({
  kind: "person.reinstate",
  ask: { action: "person.reinstate", resource: "principal" },
  approve: APPROVE,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Person,
  concerns: ({ personId }) => personId,
  effect: (tx, _grant, { personId }) => effectOnPerson(deps, tx, personId, { from: ["suspended"], to: "active", more: [] }),
  async perform(tx, { personId }) {
    await deps.people.people.setStatus(tx, personId, "active", deps.now());
    return { person: personId };
  },
});

/**
 * For somebody who lost what they sign in with. With the requester, two others say so; all that the person signed in with ends at once,
 * and signing stays off until they have enrolled again.
 */
export const recoverAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, PersonPayload> => ({
  kind: "authenticator.recover",
  ask: { action: "authenticator.recover", resource: "principal" },
  approve: { action: "authenticator.recover", resource: "principal" },
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: 7 * DAY_MS,
  onlyBy: null,
  payload: Person,
  concerns: ({ personId }) => personId,
  effect: (tx, _grant, { personId }) =>
    effectOnPerson(deps, tx, personId, {
      from: ["invited", "active", "recovering"],
      to: "recovering",
      more: [
        { what: "authenticators", before: "as they are", after: "removed" },
        { what: "sessions", before: "as they are", after: "ended" },
        { what: "signing", before: "as it is", after: "off until enrolled again" },
      ],
    }),
  async perform(tx, { personId }, { verifiedDigest }) {
    const nowMs = deps.now();
    const ended = await deps.people.sessions.endAll(tx, personId, "recovered", nowMs);
    const credentials = await deps.people.people.removeAuthenticators(tx, personId);
    await deps.people.people.setStatus(tx, personId, "recovering", nowMs);
    // Before the commit: where the custodian can't forget them, nothing is done at all.
    if (credentials.length > 0) await deps.credentials.forget(personId, credentials, verifiedDigest);
    return { person: personId, sessions: ended.length, passkeys: credentials.length };
  },
});

/** Ends somebody's access for good: all that they sign in with, hold and wait for. Two active administrators remain. */
export const offboardAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, PersonPayload> => ({
  kind: "person.offboard",
  ask: { action: "person.offboard", resource: "principal" },
  approve: APPROVE,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Person,
  concerns: ({ personId }) => personId,
  effect: (tx, _grant, { personId }) =>
    effectOnPerson(deps, tx, personId, {
      from: ["invited", "active", "suspended", "recovering"],
      to: "left",
      more: ["sessions and tokens", "authenticators", "assignments", "requests that are open"].map((what) => ({ what, before: "as they are", after: "ended for good" })),
    }),
  perform: async (tx, { personId }, { id, verifiedDigest }) => ({ person: personId, ...(await offboardPerson(deps, tx, personId, { within: id, approval: verifiedDigest })) }),
});
