import type { AppRouter } from "@sallyport/api";
import type { Health } from "@sallyport/contracts";
import { createTRPCClient, type TRPCClient } from "@trpc/client";
import { type CallContext, callProcedure } from "./call.ts";
import { failureOf, SallyportClientError } from "./client-error.ts";
import { boundaryLink } from "./link.ts";
import { factsOf, type WatchEvent, type WatchInput, type WatchPath } from "./procedures.ts";
import { type CertificateOptions, type ProfileOptions, targetOf } from "./profile.ts";
import { DEADLINE_MS, type Pace, REAL_PACE, sendWithRetry } from "./retry.ts";
import { SessionKeeper } from "./session.ts";
import { type UploadedPacket, type UploadOptions, uploadPacket } from "./upload.ts";
import { watchProcedure } from "./watch.ts";

/** Whom to connect to, and as whom. */
export type ConnectOptions = (ProfileOptions | CertificateOptions) & {
  /** Actions that the tokens are for, separated by spaces; without it, all that the workload's roles allow. */
  readonly scope?: string;
  /** The secret of a person's session at this terminal, from {@link terminalDesk}: calls are theirs then, and a scope is not asked for. */
  readonly session?: string;
};

/** A workload's connection to the api. Opens its sockets as they are needed, and follows renewed certificates. */
export interface Connection {
  /** The typed procedures: `api.subjects.list.query({ … })`. */
  readonly api: TRPCClient<AppRouter>;
  /** Calls a procedure by its path, for tools that learn the path at run time. */
  call(path: string, input: unknown, options?: { readonly context?: CallContext; readonly signal?: AbortSignal }): Promise<unknown>;
  /**
   * Opens a watch and yields its events: `for await (const { items } of connection.watch("crossings.watch", { filter: {} }))`. Leaving
   * the loop ends it; it throws a SallyportClientError where it was cut.
   */
  watch<P extends WatchPath>(path: P, input: WatchInput<P>, options?: { readonly signal?: AbortSignal }): AsyncGenerator<WatchEvent<P>, void, undefined>;
  /**
   * Uploads files of any length as one packet, part by part: `connection.upload({ study, files: [{ path }] })`. What broke off is gone on
   * with by itself, and after that by `upload({ packet, files })`.
   */
  upload(options: UploadOptions): Promise<UploadedPacket>;
  /** How the api is. Needs a certificate and no token. */
  health(): Promise<Health>;
  /** Lets calls that are under way end, then closes the sockets. */
  close(): Promise<void>;
}

/**
 * Connects a workload to the api: mutual TLS 1.3 to a server that proves to be this deployment's api, with tokens that are
 * fetched and renewed as needed.
 *
 * A call is sent again after a 503, a reset or a refused connection, with the same idempotency key, four times at most and
 * within its deadline; a reveal is sent again only where nothing of it was sent.
 *
 * @throws SallyportClientError `setting.invalid`, `secret.missing` or `secret.exposed` for a profile that can't be used;
 * `where` names the file.
 */
export function connect(options: ConnectOptions): Connection {
  return connectWith(options, REAL_PACE);
}

/** {@link connect} with a clock of the caller's; for tests. */
export function connectWith(options: ConnectOptions, pace: Pace): Connection {
  const sessions = new SessionKeeper(targetOf(options), { scope: options.scope, session: options.session }, pace);
  return {
    api: createTRPCClient<AppRouter>({ links: [boundaryLink(sessions, pace)] }),
    call: async (path, input, { context = {}, signal } = {}) => {
      const { type, repeatable } = factsOf(path);
      if (type === "subscription") throw new TypeError("a watch is opened with watch()");
      return await callProcedure({ path, input, isQuery: type === "query", repeatable, context, signal: signal ?? null }, sessions, pace);
    },
    watch: <P extends WatchPath>(path: P, input: WatchInput<P>, { signal }: { readonly signal?: AbortSignal } = {}) =>
      watchProcedure(path, input, sessions, signal ?? null) as AsyncGenerator<WatchEvent<P>, void, undefined>,
    upload: async (options) => await uploadPacket(options, sessions, pace),
    health: async () => await readHealth(sessions, pace),
    close: async () => await sessions.close(),
  };
}

async function readHealth(sessions: SessionKeeper, pace: Pace): Promise<Health> {
  const send = async (signal: AbortSignal): Promise<Health> => {
    const answer = await sessions.current().transport.send({ method: "GET", path: "/health", isAlone: false }, signal);
    // An api that can't serve says so with 503 and the same body.
    if (answer.status === 200 || answer.status === 503) {
      const health = healthOf(answer.body);
      if (health !== null) return health;
    }
    throw failureOf(answer.status === 200 ? 500 : answer.status, answer.body);
  };
  return await sendWithRetry({ repeatable: true, deadlineMs: DEADLINE_MS, signal: null, send, renew: () => undefined }, pace);
}

function healthOf(body: string): Health | null {
  try {
    const health: unknown = JSON.parse(body);
    return typeof health === "object" && health !== null && "pillars" in health ? (health as Health) : null;
  } catch (error) {
    throw new SallyportClientError("internal", error instanceof Error ? { cause: error } : {});
  }
}
