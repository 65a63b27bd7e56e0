import { ProviderOptionsOutput, SessionOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Upstream, UpstreamAnswer } from "../api-upstream.ts";
import { NO_SESSION_COOKIE, providerCookie, sessionCookie } from "./session-cookie.ts";
import type { SessionVault } from "./session-vault.ts";

/** One step of signing in, enrolling or signing out. `secret` is the cookie's, where there is one. */
export interface SessionStep {
  readonly step: string;
  readonly body: Buffer;
  readonly secret: string | null;
  /** What the browser was given when it left for the external provider, where it was. */
  readonly browser: string | null;
  readonly upstream: Upstream;
  readonly vault: SessionVault;
}

export interface StepAnswer extends UpstreamAnswer {
  /** A `set-cookie` header, or null to leave the cookie as it is. */
  readonly cookie: string | null;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Steps that yield a session. */
const SIGN_INS: ReadonlySet<string> = new Set(["sign-in/passkey", "sign-in/password", "sign-in/provider"]);

/** Takes the step at the api. What yields a session sets the cookie, and its secret and token stay here. */
export async function takeSessionStep(step: SessionStep): Promise<StepAnswer> {
  if (step.step === "resume") return await resume(step);
  if (step.step === "end") return await end(step);
  const body = step.step === "sign-in/provider" ? withBrowser(step) : step.body;
  const answer = await step.upstream.post({ path: `/session/${step.step}`, headers: {}, body, isRepeatable: false });
  if (step.step === "sign-in/provider-options" && answer.status === 200) return leave(answer);
  return SIGN_INS.has(step.step) && answer.status === 200 ? await begin(step, answer) : { ...answer, cookie: null };
}

/** The browser leaves for the provider: where it goes is the page's to know, and what it has to come back with is the cookie's. */
function leave(answer: UpstreamAnswer): StepAnswer {
  const { url, browser } = ProviderOptionsOutput.parse(JSON.parse(answer.body.toString("utf8")));
  return { status: 200, body: json({ url }), cookie: providerCookie(browser) };
}

/** The page's query with the cookie's secret, and nothing else that the page says. A browser that never left proves nobody. */
function withBrowser({ body, browser }: SessionStep): Buffer {
  if (browser === null) throw new SallyportError("signin.failed");
  const { query } = inputIn(body);
  return json({ query, browser });
}

function inputIn(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const input: unknown = JSON.parse(body.toString("utf8"));
    if (typeof input === "object" && input !== null) return input as Readonly<Record<string, unknown>>;
  } catch {
    // As anything else that is no object.
  }
  throw new SallyportError("input.invalid");
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
