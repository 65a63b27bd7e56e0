import type { AppRouter } from "@sallyport/api";
import type { AnyTRPCMutationProcedure, AnyTRPCProcedure, AnyTRPCSubscriptionProcedure, inferProcedureInput, inferProcedureOutput } from "@trpc/server";

type Paths<T, Prefix extends string = ""> = {
  [K in keyof T & string]: T[K] extends AnyTRPCProcedure ? `${Prefix}${K}` : Paths<T[K], `${Prefix}${K}.`>;
}[keyof T & string];

type At<T, P extends string> = P extends `${infer Head}.${infer Rest}` ? (Head extends keyof T ? At<T[Head], Rest> : never) : P extends keyof T ? T[P] : never;

type Procedures = AppRouter["_def"]["record"];

/** Every procedure's path, but for that of a part: its bytes go by a route of their own ({@link Connection.upload}). */
export type ProcedurePath = Exclude<Paths<Procedures>, "packets.part">;

/** What the client must know of a procedure before it sends it. */
export interface ProcedureFacts {
  /** A subscription is a watch: it answers events as they come, and is opened with {@link Connection.watch}. */
  readonly type: "query" | "mutation" | "subscription";
  /** Whether sending it twice has one effect at most. A reveal sent twice would be two reveals on record. */
  readonly repeatable: boolean;
}

type FactsAt<P extends ProcedurePath> = ProcedureFacts & {
  readonly type: At<Procedures, P> extends AnyTRPCMutationProcedure ? "mutation" : At<Procedures, P> extends AnyTRPCSubscriptionProcedure ? "subscription" : "query";
};

/** The paths of the watches. */
export type WatchPath = { [P in ProcedurePath]: At<Procedures, P> extends AnyTRPCSubscriptionProcedure ? P : never }[ProcedurePath];
/** What a watch is asked with. */
export type WatchInput<P extends WatchPath> = inferProcedureInput<Extract<At<Procedures, P>, AnyTRPCProcedure>>;
/** What a watch answers, again and again. */
export type WatchEvent<P extends WatchPath> =
  inferProcedureOutput<Extract<At<Procedures, P>, AnyTRPCProcedure>> extends AsyncIterable<infer Event, unknown, unknown> ? Event : never;

/** All procedures of the api that this client was built with; a missing or mistyped one doesn't compile. */
export const procedures: { readonly [P in ProcedurePath]: FactsAt<P> } = {
  "access.mine": { type: "query", repeatable: true },
  "alerts.list": { type: "query", repeatable: true },
  "alerts.test": { type: "mutation", repeatable: true },
  "approvals.decide": { type: "mutation", repeatable: true },
  "approvals.get": { type: "query", repeatable: true },
  "approvals.list": { type: "query", repeatable: true },
  "approvals.requestAccess": { type: "mutation", repeatable: true },
  "approvals.requestAssignment": { type: "mutation", repeatable: true },
  "approvals.requestAssignmentEnd": { type: "mutation", repeatable: true },
  "approvals.requestBulkReveal": { type: "mutation", repeatable: true },
  "approvals.requestIncidentRelease": { type: "mutation", repeatable: true },
  "approvals.requestEgress": { type: "mutation", repeatable: true },
  "approvals.requestInvite": { type: "mutation", repeatable: true },
  "approvals.requestKeyDestroy": { type: "mutation", repeatable: true },
  "approvals.requestLockLift": { type: "mutation", repeatable: true },
  "approvals.requestOffboard": { type: "mutation", repeatable: true },
  "approvals.requestProfileChange": { type: "mutation", repeatable: true },
  "approvals.requestPolicyChange": { type: "mutation", repeatable: true },
  "approvals.requestPolicyRevert": { type: "mutation", repeatable: true },
  "approvals.requestRecipient": { type: "mutation", repeatable: true },
  "approvals.requestRecipientEnd": { type: "mutation", repeatable: true },
  "approvals.requestRecovery": { type: "mutation", repeatable: true },
  "approvals.requestReinstate": { type: "mutation", repeatable: true },
  "approvals.requestService": { type: "mutation", repeatable: true },
  "approvals.requestServiceOffboard": { type: "mutation", repeatable: true },
  "approvals.requestSuspend": { type: "mutation", repeatable: true },
  "approvals.withdraw": { type: "mutation", repeatable: true },
  "assignments.assign": { type: "mutation", repeatable: true },
  "assignments.end": { type: "mutation", repeatable: true },
  "assignments.import": { type: "mutation", repeatable: true },
  "assignments.options": { type: "query", repeatable: true },
  "assignments.previewImport": { type: "query", repeatable: true },
  "crossings.naming": { type: "subscription", repeatable: true },
  "crossings.export": { type: "subscription", repeatable: true },
  "crossings.get": { type: "query", repeatable: true },
  "crossings.remove": { type: "mutation", repeatable: true },
  "crossings.rename": { type: "mutation", repeatable: true },
  "crossings.save": { type: "mutation", repeatable: true },
  "crossings.saved": { type: "query", repeatable: true },
  "crossings.search": { type: "query", repeatable: true },
  "crossings.trace": { type: "query", repeatable: true },
  "crossings.verify": { type: "subscription", repeatable: true },
  "crossings.watch": { type: "subscription", repeatable: true },
  "documents.correspondence": { type: "query", repeatable: true },
  "documents.credentials": { type: "query", repeatable: true },
  "documents.getCorrespondence": { type: "query", repeatable: true },
  "documents.getCredential": { type: "query", repeatable: true },
  "documents.getSequence": { type: "query", repeatable: true },
  "documents.sequences": { type: "query", repeatable: true },
  "documents.viewCorrespondence": { type: "mutation", repeatable: false },
  "documents.viewCredential": { type: "mutation", repeatable: false },
  "documents.viewSequence": { type: "mutation", repeatable: false },
  "emergencies.end": { type: "mutation", repeatable: true },
  "emergencies.get": { type: "query", repeatable: true },
  "emergencies.list": { type: "query", repeatable: true },
  "emergencies.mine": { type: "query", repeatable: true },
  "emergencies.open": { type: "mutation", repeatable: true },
  "emergencies.review": { type: "mutation", repeatable: true },
  "emergencies.stop": { type: "mutation", repeatable: true },
  "incidents.get": { type: "query", repeatable: true },
  "incidents.list": { type: "query", repeatable: true },
  "incidents.recordStep": { type: "mutation", repeatable: true },
  "incidents.release": { type: "mutation", repeatable: true },
  "keys.rehearse": { type: "query", repeatable: true },
  "keys.rings": { type: "query", repeatable: true },
  "keys.step": { type: "mutation", repeatable: true },
  "locks.lift": { type: "mutation", repeatable: true },
  "locks.list": { type: "query", repeatable: true },
  "locks.set": { type: "mutation", repeatable: true },
  "me.addPasskey": { type: "mutation", repeatable: true },
  "me.confirmTerminal": { type: "mutation", repeatable: true },
  "me.endSession": { type: "mutation", repeatable: true },
  "me.linkProvider": { type: "mutation", repeatable: true },
  "me.linkProviderOptions": { type: "query", repeatable: true },
  "me.overview": { type: "query", repeatable: true },
  "me.passkeyOptions": { type: "query", repeatable: true },
  "me.provider": { type: "query", repeatable: true },
  "me.removeAuthenticator": { type: "mutation", repeatable: true },
  "me.unlinkProvider": { type: "mutation", repeatable: true },
  "overview.get": { type: "query", repeatable: true },
  "overview.watch": { type: "subscription", repeatable: true },
  "packets.abandon": { type: "mutation", repeatable: true },
  "packets.begin": { type: "mutation", repeatable: true },
  "packets.complete": { type: "mutation", repeatable: true },
  "packets.get": { type: "query", repeatable: true },
  "packets.inspect": { type: "query", repeatable: true },
  "packets.list": { type: "query", repeatable: true },
  "packets.progress": { type: "query", repeatable: true },
  "packets.reject": { type: "mutation", repeatable: true },
  "packets.release": { type: "mutation", repeatable: true },
  "packets.unfinished": { type: "query", repeatable: true },
  "packets.upload": { type: "mutation", repeatable: true },
  "people.endSessions": { type: "mutation", repeatable: true },
  "people.issueLink": { type: "mutation", repeatable: false },
  "people.list": { type: "query", repeatable: true },
  "people.offboard": { type: "mutation", repeatable: true },
  "people.previewImport": { type: "query", repeatable: true },
  "people.suspend": { type: "mutation", repeatable: true },
  "profiles.compare": { type: "query", repeatable: true },
  "profiles.get": { type: "query", repeatable: true },
  "profiles.list": { type: "query", repeatable: true },
  "policy.current": { type: "query", repeatable: true },
  "policy.explain": { type: "query", repeatable: true },
  "policy.proposal": { type: "query", repeatable: true },
  "policy.proposals": { type: "query", repeatable: true },
  "policy.propose": { type: "mutation", repeatable: true },
  "policy.replay": { type: "query", repeatable: true },
  "policy.version": { type: "query", repeatable: true },
  "policy.versions": { type: "query", repeatable: true },
  "policy.whatCan": { type: "query", repeatable: true },
  "policy.whoCan": { type: "query", repeatable: true },
  "recipients.list": { type: "query", repeatable: true },
  "reviews.decide": { type: "mutation", repeatable: true },
  "reviews.export": { type: "query", repeatable: true },
  "reviews.get": { type: "query", repeatable: true },
  "reviews.list": { type: "query", repeatable: true },
  "reviews.open": { type: "mutation", repeatable: true },
  "reviews.signOff": { type: "mutation", repeatable: true },
  "signatures.accept": { type: "mutation", repeatable: true },
  "signatures.begin": { type: "query", repeatable: false },
  "signatures.complete": { type: "mutation", repeatable: true },
  "signatures.receipt": { type: "query", repeatable: true },
  "signatures.revoke": { type: "mutation", repeatable: true },
  "signatures.statement": { type: "query", repeatable: true },
  "studies.addSites": { type: "mutation", repeatable: true },
  "studies.changeTitle": { type: "mutation", repeatable: true },
  "studies.closeSite": { type: "mutation", repeatable: true },
  "studies.importSites": { type: "mutation", repeatable: true },
  "studies.list": { type: "query", repeatable: true },
  "studies.previewSites": { type: "query", repeatable: true },
  "studies.register": { type: "mutation", repeatable: true },
  "studies.reopenSite": { type: "mutation", repeatable: true },
  "subjects.correctWithdrawal": { type: "mutation", repeatable: true },
  "subjects.exposure": { type: "query", repeatable: true },
  "subjects.get": { type: "query", repeatable: true },
  "subjects.history": { type: "query", repeatable: true },
  "subjects.list": { type: "query", repeatable: true },
  "subjects.openBulk": { type: "mutation", repeatable: false },
  "subjects.reveal": { type: "mutation", repeatable: false },
  "subjects.transfer": { type: "mutation", repeatable: true },
  "subjects.withdraw": { type: "mutation", repeatable: true },
  "submissions.addSequence": { type: "mutation", repeatable: true },
  "submissions.assemble": { type: "mutation", repeatable: true },
  "submissions.create": { type: "mutation", repeatable: true },
  "submissions.download": { type: "mutation", repeatable: false },
  "submissions.get": { type: "query", repeatable: true },
  "submissions.list": { type: "query", repeatable: true },
  "submissions.packet": { type: "query", repeatable: true },
  "submissions.prepare": { type: "mutation", repeatable: true },
  "submissions.seal": { type: "mutation", repeatable: true },
  "submissions.submit": { type: "mutation", repeatable: true },
  "trail.chains": { type: "query", repeatable: true },
  "trail.openExport": { type: "query", repeatable: true },
  "trail.prove": { type: "query", repeatable: true },
  "trail.proveGrowth": { type: "query", repeatable: true },
  "trail.readExport": { type: "query", repeatable: true },
  "trail.verify": { type: "query", repeatable: true },
  "trailReviews.assign": { type: "mutation", repeatable: true },
  "trailReviews.comment": { type: "mutation", repeatable: true },
  "trailReviews.decide": { type: "mutation", repeatable: true },
  "trailReviews.entries": { type: "query", repeatable: true },
  "trailReviews.get": { type: "query", repeatable: true },
  "trailReviews.list": { type: "query", repeatable: true },
  "trailReviews.open": { type: "mutation", repeatable: true },
  "trailReviews.signOff": { type: "mutation", repeatable: true },
  "workloads.list": { type: "query", repeatable: true },
  "workloads.offboard": { type: "mutation", repeatable: true },
};

/** The facts of a procedure; of one that isn't known here, the careful assumption: a change that may not be sent twice. */
export const factsOf = (path: string): ProcedureFacts => (isProcedurePath(path) ? procedures[path] : { type: "mutation", repeatable: false });

/** Whether the api that this client was built with has this procedure. */
export const isProcedurePath = (path: string): path is ProcedurePath => Object.hasOwn(procedures, path);
