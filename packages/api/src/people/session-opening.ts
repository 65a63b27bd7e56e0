import type { SessionOutput, SessionTokenOutput } from "@sallyport/contracts";
import { newId, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Method, Person, Session } from "@sallyport/people";
import { carriesPeople } from "@sallyport/zones";
import { type Asking, newSecret, type PeopleDeps } from "./people-deps.ts";
import { personRecord } from "./person-record.ts";
import { scopeOf, wholeScope } from "./scope.ts";
import { endCode } from "./session-desk.ts";

type OpeningDeps<Tx> = Pick<PeopleDeps<Tx>, "now" | "random" | "stores" | "mint" | "policy" | "sessions" | "trail" | "limits">;

const iso = (ms: number): string => new Date(ms).toISOString();

/** What a session begins with: who proved what, and what that used up. */
export interface Opening<Tx> {
  readonly person: Person;
  readonly method: Method;
  readonly action: "signin" | "terminal.grant";
  /** Uses up what was proven, in the session's own transaction; false where it was used before, and then there is no session. */
  readonly use: (tx: Tx) => Promise<boolean>;
}

/** Sessions from their first token to their last. */
export class Sessions<Tx> {
  readonly #deps: OpeningDeps<Tx>;

  constructor(deps: OpeningDeps<Tx>) {
    this.#deps = deps;
  }

  /** Begins a session with its first token, on record before anybody has either; null where the person may not sign in, or the proof was used before. */
  async open({ person, method, action, use }: Opening<Tx>, { peer, requestId }: Asking): Promise<SessionOutput | null> {
    const { now, random, stores, trail, limits, sessions } = this.#deps;
    const via = carriesPeople(peer.spiffe);
    if (via === null) throw new SallyportError("workload.not_allowed");
    if (person.status !== "active") return null;
    const token = await this.#token(person.principal, { peer, requestId });
    if (token === null) return null;
    const startedMs = now();
    const secret = newSecret(random);
    const endsMs = startedMs + limits.lifetimeMs;
    const session = { id: newId("ses"), person: person.id, principal: person.principal, via, workload: peer.spiffe, method, startedMs, lastSeenMs: startedMs, endsMs };
    const isOpen = await trail.inTransaction(async (tx, appendLast) => {
      // Held to the end: nobody who is suspended in this moment begins a session in it.
      const locked = await stores.people.lock(tx, person.id);
      if (locked?.status !== "active" || (await stores.people.isStopped(tx, person.id, startedMs)) || !(await use(tx))) return false;
      await stores.sessions.begin(tx, session, sha256Hex(secret));
      await stores.sessions.addToken(tx, session.id, token.jti, token.expS);
      const detail = { session: session.id, method, via, jti: token.jti, exp: token.expS };
      await appendLast([
        personRecord({
          principal: person.principal,
          workload: peer.spiffe,
          action,
          resource: `person/${person.id}`,
          decision: "allow",
          reason: "allowed",
          requestId,
          policy: token.policy,
          detail,
        }),
      ]);
      return true;
    });
    if (!isOpen) return null;
    await sessions.refresh();
    return { ...this.#answer(session, person, token), session: secret };
  }

  /** A new token for a live session. It is no activity, and clears no count of failures. Throws `session.*` or `token.revoked`. */
  async renew(secret: string, { peer, requestId }: Asking): Promise<SessionTokenOutput> {
    const { now, stores, trail, sessions } = this.#deps;
    const session = await this.#of(secret, peer.spiffe);
    if (now() >= session.endsMs) throw new SallyportError("session.expired");
    if (sessions.isIdle(session)) throw new SallyportError("session.idle");
    const person = await stores.people.byId(session.person);
    if (person?.status !== "active") throw new SallyportError("token.revoked");
    const token = await this.#token(session.principal, { peer, requestId });
    if (token === null) throw new SallyportError("token.revoked");
    const isAdded = await trail.inTransaction(async (tx, appendLast) => {
      if (!(await stores.sessions.addToken(tx, session.id, token.jti, token.expS))) return false;
      const detail = { session: session.id, jti: token.jti, exp: token.expS };
      const record = { principal: session.principal, workload: peer.spiffe, action: "session.token", resource: `session/${session.id}`, requestId } as const;
      await appendLast([personRecord({ ...record, decision: "allow", reason: "allowed", policy: token.policy, detail })]);
      return true;
    });
    if (!isAdded) throw new SallyportError("session.ended");
    return this.#answer(session, person, token);
  }

  /** Signs out. A session that has ended, or that there never was, is signed out already. */
  async end(secret: string, { peer, requestId }: Asking): Promise<void> {
    const { now, stores, trail, sessions } = this.#deps;
    const session = await stores.sessions.bySecret(sha256Hex(secret));
    if (session === null || session.ended !== null || session.workload !== peer.spiffe) return;
    await trail.inTransaction(async (tx, appendLast) => {
      if (!(await stores.sessions.end(tx, session.id, "signed_out", now()))) return;
      await appendLast([endRecord(session, "signed_out", peer.spiffe, requestId)]);
    });
    await sessions.refresh();
  }

  async #of(secret: string, workload: string): Promise<Session> {
    const session = await this.#deps.stores.sessions.bySecret(sha256Hex(secret));
    // A secret that another workload shows is as good as none.
    if (session === null || session.workload !== workload) throw new SallyportError("session.ended");
    if (session.ended !== null) throw new SallyportError(endCode(session.ended));
    return session;
  }

  async #token(principalId: string, { peer }: Asking) {
    const { policy, mint } = this.#deps;
    let state = policy.current();
    if (!state.principals.has(principalId)) {
      // Enrolled a moment ago, on another node.
      await policy.refresh();
      state = policy.current();
    }
    const principal = state.principals.get(principalId);
    if (principal?.status !== "active") return null;
    const { grants } = state.compiled.document;
    // Who has no role has no session.
    if (scopeOf(principal, grants) === "") throw new SallyportError("policy.denied");
    // All that this policy knows: what a person may do is asked of their assignments each time, so what they are given while they are signed
    // in is theirs at once, as what they lose is lost at once.
    const scope = wholeScope(grants);
    return { ...(await mint.mint({ sub: principalId, scope, azp: peer.spiffe, x5t: peer.x5t })), policy: state.tag };
  }

  #answer(session: Pick<Session, "id" | "endsMs">, person: Person, token: { readonly token: string; readonly expS: number }): SessionTokenOutput {
    return {
      sessionId: session.id,
      token: token.token,
      expiresAt: iso(token.expS * 1000),
      personId: person.id,
      printedName: person.printedName,
      idleSeconds: Math.round(this.#deps.limits.idleMs / 1000),
      endsAt: iso(session.endsMs),
    };
  }
}

/** The record of a session's end. */
export const endRecord = (session: Pick<Session, "id" | "principal">, why: string, workload: string, requestId: string) =>
  personRecord({
    principal: session.principal,
    workload,
    action: "session.end",
    resource: `session/${session.id}`,
    decision: "note",
    reason: why,
    requestId,
    policy: "-",
    detail: { why },
  });
