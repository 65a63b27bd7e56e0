import type { AppRouter } from "@sallyport/api";
import type { AnyTRPCMutationProcedure, AnyTRPCProcedure } from "@trpc/server";

type Paths<T, Prefix extends string = ""> = {
  [K in keyof T & string]: T[K] extends AnyTRPCProcedure ? `${Prefix}${K}` : Paths<T[K], `${Prefix}${K}.`>;
}[keyof T & string];

type At<T, P extends string> = P extends `${infer Head}.${infer Rest}` ? (Head extends keyof T ? At<T[Head], Rest> : never) : P extends keyof T ? T[P] : never;

type Procedures = AppRouter["_def"]["record"];

/** Every procedure's path. */
export type ProcedurePath = Paths<Procedures>;

/** What the client must know of a procedure before it sends it. */
export interface ProcedureFacts {
  readonly type: "query" | "mutation";
  /** Whether sending it twice has one effect at most. A reveal sent twice would be two reveals on record. */
  readonly repeatable: boolean;
}

type FactsAt<P extends ProcedurePath> = ProcedureFacts & { readonly type: At<Procedures, P> extends AnyTRPCMutationProcedure ? "mutation" : "query" };

/** All procedures of the api that this client was built with; a missing or mistyped one doesn't compile. */
export const procedures: { readonly [P in ProcedurePath]: FactsAt<P> } = {
  "access.mine": { type: "query", repeatable: true },
  "packets.get": { type: "query", repeatable: true },
  "packets.list": { type: "query", repeatable: true },
  "packets.reject": { type: "mutation", repeatable: true },
  "packets.release": { type: "mutation", repeatable: true },
  "packets.upload": { type: "mutation", repeatable: true },
  "studies.list": { type: "query", repeatable: true },
  "subjects.get": { type: "query", repeatable: true },
  "subjects.list": { type: "query", repeatable: true },
  "subjects.reveal": { type: "mutation", repeatable: false },
  "trail.chains": { type: "query", repeatable: true },
  "trail.openExport": { type: "query", repeatable: true },
  "trail.readExport": { type: "query", repeatable: true },
  "trail.verify": { type: "query", repeatable: true },
  "workloads.list": { type: "query", repeatable: true },
};

/** The facts of a procedure; of one that isn't known here, the careful assumption: a change that may not be sent twice. */
export const factsOf = (path: string): ProcedureFacts => (isProcedurePath(path) ? procedures[path] : { type: "mutation", repeatable: false });

/** Whether the api that this client was built with has this procedure. */
export const isProcedurePath = (path: string): path is ProcedurePath => Object.hasOwn(procedures, path);
