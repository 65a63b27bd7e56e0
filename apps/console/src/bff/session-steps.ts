import { SessionOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Upstream, UpstreamAnswer } from "../api-upstream.ts";
import { NO_SESSION_COOKIE, sessionCookie } from "./session-cookie.ts";
import type { SessionVault } from "./session-vault.ts";

/** One step of signing in, enrolling or signing out. `secret` is the cookie's, where there is one. */
export interface SessionStep {
  readonly step: string;
  readonly body: Buffer;
  readonly secret: string | null;
  readonly upstream: Upstream;
  readonly vault: SessionVault;
}

export interface StepAnswer extends UpstreamAnswer {
  /** A `set-cookie` header, or null to leave the cookie as it is. */
  readonly cookie: string | null;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Takes the step at the api. What yields a session sets the cookie, and its secret and token stay here. */
export async function takeSessionStep(step: SessionStep): Promise<StepAnswer> {
  if (step.step === "resume") return await resume(step);
  if (step.step === "end") return await end(step);
  const answer = await step.upstream.post({ path: `/session/${step.step}`, headers: {}, body: step.body, isRepeatable: false });
  const yieldsSession = step.step === "sign-in/passkey" || step.step === "sign-in/password";
  return yieldsSession && answer.status === 200 ? await begin(step, answer) : { ...answer, cookie: null };
}

/** The page asks whose session this is. It doesn't count as activity. */
async function resume({ secret, vault }: SessionStep): Promise<StepAnswer> {
  if (secret === null) throw new SallyportError("session.missing");
  return { status: 200, body: json((await vault.renewed(secret)).facts), cookie: null };
}

async function begin(step: SessionStep, answer: UpstreamAnswer): Promise<StepAnswer> {
  const { session, ...output } = SessionOutput.parse(JSON.parse(answer.body.toString("utf8")));
  // Whoever was signed in here before isn't any longer: a session isn't left behind without a cookie.
  if (step.secret !== null) await endAt(step, step.secret).catch(() => undefined);
  const { facts } = step.vault.adopt(session, output);
  return { status: 200, body: json(facts), cookie: sessionCookie(session) };
}

/** Signs out. The cookie goes in any case; where the api can't be told, the answer says so, and the session ends by itself. */
async function end(step: SessionStep): Promise<StepAnswer> {
  if (step.secret === null) return { status: 200, body: json({ ended: true }), cookie: NO_SESSION_COOKIE };
  try {
    const { status } = await endAt(step, step.secret);
    return { status: 200, body: json({ ended: status === 200 || status === 401 }), cookie: NO_SESSION_COOKIE };
  } catch {
    return { status: 200, body: json({ ended: false }), cookie: NO_SESSION_COOKIE };
  }
}

async function endAt({ upstream, vault }: SessionStep, secret: string): Promise<UpstreamAnswer> {
  vault.forget(secret);
  return await upstream.post({ path: "/session/end", headers: {}, body: json({ session: secret }), isRepeatable: true });
}
