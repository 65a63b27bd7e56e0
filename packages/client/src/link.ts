import type { AppRouter } from "@sallyport/api";
import { TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { callProcedure } from "./call.ts";
import { factsOf } from "./procedures.ts";
import type { Pace } from "./retry.ts";
import type { SessionKeeper } from "./session.ts";

/** The last link of the tRPC client: each call is one POST over mutual TLS, with its token, key, deadline and repeats. */
export const boundaryLink =
  (sessions: SessionKeeper, pace: Pace): TRPCLink<AppRouter> =>
  () =>
  ({ op }) =>
    observable((observer) => {
      const given = op.signal ?? null;
      const gone = new AbortController();
      const signal = given === null ? gone.signal : AbortSignal.any([given, gone.signal]);
      if (op.type === "subscription") {
        observer.error(TRPCClientError.from(new TypeError("a watch is opened with watch()")));
        return () => undefined;
      }
      const { repeatable } = factsOf(op.path);
      const { path, input, context } = op;
      callProcedure({ path, input, isQuery: op.type === "query", repeatable, context, signal }, sessions, pace).then(
        (data) => {
          observer.next({ result: { type: "data", data } });
          observer.complete();
        },
        (error: unknown) => observer.error(TRPCClientError.from(error instanceof Error ? error : new Error("aborted", { cause: error }))),
      );
      return () => gone.abort();
    });
