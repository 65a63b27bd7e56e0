import type { Assignment } from "@sallyport/policy";
import type {
  Authenticator,
  Ceremony,
  CeremonyPurpose,
  Credential,
  Ended,
  Holder,
  Identity,
  IdentityCheck,
  Link,
  Method,
  Passkey,
  PasswordPair,
  Person,
  PersonOverview,
  PersonStatus,
  Session,
  SessionEnd,
  SessionSnapshot,
  SessionState,
  TerminalRequest,
} from "./model.ts";

/** Port: people and what they sign in with. Writes take the transaction in which their record is appended. */
export interface PeopleStore<Tx> {
  /** Registers a person and their principal, without assignments. Throws `people.taken` for a user name that anybody ever had. */
  register(tx: Tx, person: Person): Promise<void>;
  /** Gives the person's principal a role at a place, from now; the same again changes nothing. */
  assign(tx: Tx, principal: string, assignment: Assignment): Promise<void>;
  byId(id: string): Promise<Person | null>;
  byUsername(username: string): Promise<Person | null>;
  byPrincipal(principal: string): Promise<Person | null>;
  /** Everybody, by user name. `nowMs` says which sessions are live. */
  list(nowMs: number): Promise<readonly PersonOverview[]>;
  /** Reads a person and holds the row until the transaction ends, so that two acts on them follow each other. */
  lock(tx: Tx, id: string): Promise<Person | null>;
  /**
   * Sets where a person stands; of the principal, `suspended` alone stops it, and any other status lets it act. Suspending refuses
   * every token issued before this second. Sessions are ended by {@link SessionStore.endAll} in the same transaction.
   */
  setStatus(tx: Tx, id: string, status: PersonStatus, nowMs: number): Promise<void>;
  /** Locks everybody who holds this role over the whole deployment now, and answers the active among them: what a floor of administrators is counted by. */
  lockHolders(tx: Tx, role: string, nowMs: number): Promise<readonly Holder[]>;
  /**
   * Ends all that somebody has, with every account: sessions, tokens, authenticators, identities elsewhere, links, terminals and assignments.
   * Names stay as they were, and what is on record with them. Nothing can begin for them again.
   */
  offboard(tx: Tx, id: string, nowMs: number): Promise<Ended>;
  /** Where a person is told of what is done in their name; null for nowhere. */
  noticeAddress(tx: Tx | null, person: string): Promise<string | null>;
  setNoticeAddress(tx: Tx, to: { readonly person: string; readonly address: string | null; readonly by: string; readonly atMs: number }): Promise<void>;
  checkIdentity(tx: Tx, check: IdentityCheck): Promise<void>;
  /** Whether anybody ever looked at who this person is. */
  isIdentified(person: string): Promise<boolean>;
  /** Whether a lock on this person holds now, as this transaction sees it. */
  isStopped(tx: Tx, person: string, nowMs: number): Promise<boolean>;
  authenticators(person: string): Promise<readonly Authenticator[]>;
  passkeys(person: string): Promise<readonly Passkey[]>;
  /** The passkey of this credential id, with whoever it belongs to. */
  passkeyOf(credentialId: string): Promise<Passkey | null>;
  addPasskey(tx: Tx, passkey: Authenticator & Credential): Promise<void>;
  /** Notes a use; false where the counter did not move on from what is stored (WebAuthn §6.1.1), and then nothing was written. */
  usePasskey(tx: Tx, credentialId: string, counter: number, nowMs: number): Promise<boolean>;
  passwordOf(person: string): Promise<PasswordPair | null>;
  /** Replaces what the person had. */
  setPassword(tx: Tx, pair: PasswordPair): Promise<void>;
  /** Takes a code's time step; false where it, or a later one, was taken before. */
  useStep(tx: Tx, person: string, step: number, nowMs: number): Promise<boolean>;
  /** How many authenticators a person has, as this transaction sees it. */
  count(tx: Tx, person: string): Promise<number>;
  /** Removes one authenticator of a person; answers its credential id, `password`, or null where there is none such. */
  removeAuthenticator(tx: Tx, person: string, authenticator: string): Promise<{ readonly credentialId: string | null } | null>;
  /** Removes all that a person signs in with, identities at a provider too; answers the credential ids. */
  removeAuthenticators(tx: Tx, person: string): Promise<readonly string[]>;
}

/** Port: failed attempts, per name and method; also of names that nobody has, so that a lock tells nothing. */
export interface AttemptStore {
  /**
   * Claims one evaluation, in one statement: counts it as failed before it begins. False where the method is locked; the claim that
   * reaches the limit locks it, so of many at once no more than the limit are evaluated.
   */
  claim(
    name: string,
    method: Method,
    at: { readonly nowMs: number; readonly limit: number; readonly lockMs: number },
  ): Promise<{ readonly isOpen: boolean; readonly locks: boolean }>;
  /** A proof succeeded: the count begins anew. */
  clear(name: string, method: Method): Promise<void>;
  /** The methods of these names that are locked now. */
  locked(names: readonly string[], nowMs: number): Promise<readonly { readonly name: string; readonly method: Method; readonly untilMs: number }[]>;
  /** Forgets counts that were last touched before this. */
  prune(beforeMs: number): Promise<void>;
}

/** Port: sessions and their tokens. Only hashes of secrets get here. */
export interface SessionStore<Tx> {
  /** Moves when a session begins or ends, and when a person's status changes; not when one is seen. */
  epoch(): Promise<bigint>;
  /** Live sessions, and those that ended since `sinceMs`, in one statement. */
  snapshot(sinceMs: number): Promise<SessionSnapshot>;
  begin(tx: Tx, session: Omit<Session, "ended">, secretHash: string): Promise<void>;
  bySecret(secretHash: string): Promise<Session | null>;
  /** The session that a token was minted for, as it stands now. */
  byToken(jti: string): Promise<SessionState | null>;
  byId(id: string): Promise<Session | null>;
  /** Notes a token of a session; false where the session has ended, and then the token opens nothing. */
  addToken(tx: Tx, session: string, jti: string, expS: number): Promise<boolean>;
  /** Moves sessions' last activity forward, never back. */
  seen(sessions: readonly { readonly id: string; readonly atMs: number }[]): Promise<void>;
  /** Ends one; false where it had ended. */
  end(tx: Tx, session: string, why: SessionEnd, nowMs: number): Promise<boolean>;
  /** Ends a person's, but for one; answers those that it ended. */
  endAll(tx: Tx, person: string, why: SessionEnd, nowMs: number, except?: string): Promise<readonly string[]>;
  /** Sessions that nobody used since `idleBeforeMs`, or whose time is over: those that are to be ended. */
  due(at: { readonly idleBeforeMs: number; readonly nowMs: number }): Promise<readonly Session[]>;
  /** A person's live sessions. */
  of(person: string, nowMs: number): Promise<readonly Session[]>;
}

/** Port: challenges. One is taken by the delete that reads it, so it counts once. */
export interface CeremonyStore {
  put(ceremony: Ceremony): Promise<void>;
  /** The challenge, if it was made for this purpose and is in date; it stays. */
  read(id: string, purpose: CeremonyPurpose, nowMs: number): Promise<Ceremony | null>;
  /** The challenge, if it was made for this purpose and is in date; gone afterwards whatever comes of it. */
  take(id: string, purpose: CeremonyPurpose, nowMs: number): Promise<Ceremony | null>;
  prune(nowMs: number): Promise<void>;
}

/** Port: one-time links of invitations and recoveries. */
export interface LinkStore<Tx> {
  /** Stores a new link and makes the person's earlier ones worthless. */
  issue(tx: Tx, link: Link, secretHash: string): Promise<void>;
  /** The open link of this secret, or null: used, expired, replaced and unknown are the same. */
  open(secretHash: string, nowMs: number): Promise<Link | null>;
  /** Uses the link; false where somebody else did meanwhile. */
  use(tx: Tx, secretHash: string, nowMs: number): Promise<boolean>;
}

/** Port: terminals that wait for their person. */
export interface TerminalStore<Tx> {
  ask(request: TerminalRequest): Promise<void>;
  /** Decides an open request by its user code, for this person; false where there is none open. */
  decide(tx: Tx, userHash: string, verdict: { readonly person: string; readonly session: string; readonly isGranted: boolean }, nowMs: number): Promise<boolean>;
  /** What became of a request; of an unknown or expired one, null. */
  state(
    deviceHash: string,
    nowMs: number,
  ): Promise<{ readonly state: "pending" | "refused" | "granted"; readonly workload: string; readonly person: string | null; readonly session: string | null } | null>;
  /** Takes a granted request, once. */
  take(tx: Tx, deviceHash: string): Promise<boolean>;
  prune(nowMs: number): Promise<void>;
}

/** Port: identities at external providers, each of one person. */
export interface IdentityStore<Tx> {
  /** Throws `enrolment.refused` for one that somebody has already, and for a second one of the same person at the same provider. */
  link(tx: Tx, identity: Omit<Identity, "lastUsedAtMs">): Promise<void>;
  byName(name: string): Promise<Identity | null>;
  of(person: string): Promise<readonly Identity[]>;
  /** Notes a use; false where it isn't linked any more. */
  use(tx: Tx, id: string, nowMs: number): Promise<boolean>;
  /** Removes one of a person's; false where there is none such. */
  unlink(tx: Tx, person: string, id: string): Promise<boolean>;
}

/** All stores of people, together. */
export interface PeopleStores<Tx> {
  readonly people: PeopleStore<Tx>;
  readonly attempts: AttemptStore;
  readonly sessions: SessionStore<Tx>;
  readonly ceremonies: CeremonyStore;
  readonly links: LinkStore<Tx>;
  readonly identities: IdentityStore<Tx>;
  readonly terminals: TerminalStore<Tx>;
}
