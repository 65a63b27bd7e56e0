import { failureOf, SallyportClientError } from "./client-error.ts";
import { type CertificateOptions, type ProfileOptions, targetOf } from "./profile.ts";
import { DEADLINE_MS, type Pace, REAL_PACE, sendWithRetry } from "./retry.ts";
import { SessionKeeper } from "./session.ts";

/** What a terminal shows and waits with. */
export interface TerminalCode {
  readonly deviceCode: string;
  /** What its person types at the console. */
  readonly userCode: string;
  readonly expiresAt: string;
  readonly intervalSeconds: number;
}

/** A person's session at this terminal; `session` is secret, and is what {@link connect} takes. */
export interface TerminalSession {
  readonly session: string;
  readonly sessionId: string;
  readonly personId: string;
  readonly printedName: string;
  readonly endsAt: string;
}

/** Signing a person in at a terminal (docs/spec/session-v1.md, section 6). */
export interface TerminalDesk {
  begin(): Promise<TerminalCode>;
  /** Null while the person has not decided. @throws SallyportClientError `session.ended` where they refused, or the time is over. */
  poll(deviceCode: string): Promise<TerminalSession | null>;
  /** Signs out; a session that has ended is signed out already. */
  end(session: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens it with a terminal's certificate. @throws SallyportClientError as {@link connect}. */
export function terminalDesk(options: ProfileOptions | CertificateOptions, pace: Pace = REAL_PACE): TerminalDesk {
  const keeper = new SessionKeeper(targetOf(options), {}, pace);
  /** What uses something up is sent on a connection of its own, once. */
  const step = async (name: string, body: object, repeatable: boolean): Promise<Record<string, unknown>> => {
    const send = async (signal: AbortSignal): Promise<Record<string, unknown>> => {
      const answer = await keeper.current().transport.send({ method: "POST", path: `/session/${name}`, body: JSON.stringify(body), isAlone: !repeatable }, signal);
      if (answer.status !== 200) throw failureOf(answer.status, answer.body);
      return objectOf(answer.body);
    };
    return await sendWithRetry({ repeatable, deadlineMs: DEADLINE_MS, signal: null, send, renew: () => undefined }, pace);
  };
  return {
    async begin() {
      const { deviceCode, userCode, expiresAt, intervalSeconds } = await step("terminal/begin", {}, true);
      return { deviceCode: text(deviceCode), userCode: text(userCode), expiresAt: text(expiresAt), intervalSeconds: Number(intervalSeconds) };
    },
    async poll(deviceCode) {
      const { state, granted } = await step("terminal/poll", { deviceCode }, false);
      if (state === "pending") return null;
      if (state !== "granted" || typeof granted !== "object" || granted === null) throw new SallyportClientError("session.ended");
      const { session, sessionId, personId, printedName, endsAt } = granted as Record<string, unknown>;
      return { session: text(session), sessionId: text(sessionId), personId: text(personId), printedName: text(printedName), endsAt: text(endsAt) };
    },
    async end(session) {
      await step("end", { session }, true);
    },
    close: () => keeper.close(),
  };
}

function objectOf(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    throw new SallyportClientError("internal", error instanceof Error ? { cause: error } : {});
  }
  throw new SallyportClientError("internal");
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new SallyportClientError("internal");
  return value;
}
