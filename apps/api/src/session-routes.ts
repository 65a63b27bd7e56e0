import { type Asking, Enrolment, type PeopleDeps, ProviderSignIn, Sessions, SignIn, Terminals } from "@sallyport/api";
import {
  EndSessionInput,
  EnrolOptionsInput,
  EnrolPasskeyInput,
  EnrolPasswordInput,
  EnrolServiceInput,
  MethodsInput,
  OpenEnrolmentInput,
  ProviderOptionsInput,
  SessionTokenInput,
  SignInOptionsInput,
  SignInPasskeyInput,
  SignInPasswordInput,
  SignInProviderInput,
  TerminalBeginInput,
  TerminalPollInput,
  TotpOptionsInput,
} from "@sallyport/contracts";
import type { Tx } from "@sallyport/db";
import { SallyportError } from "@sallyport/errors";
import { carriesPeople } from "@sallyport/zones";
import type { z } from "zod";
import type { Route } from "./listener.ts";
import { RateLimit, type Rate } from "./rate-limit.ts";
import type { ServiceDoor } from "./service-routes.ts";

/** How fast people may try: all that come through one workload together, and each name that is given. */
export interface SessionRates {
  readonly perPeer: Rate;
  readonly perName: Rate;
}

export const SESSION_RATES: SessionRates = { perPeer: { perSecond: 50, burst: 200 }, perName: { perSecond: 1, burst: 30 } };

/** One step of `POST /session/<step>`. */
type Step = (body: unknown, asking: Asking) => Promise<object>;

/**
 * The routes by which people come to a token (docs/spec/session-v1.md), for the workloads at which people sign in. Each takes one strict
 * body; what it refuses is on record as far as anybody is known.
 */
export function sessionRoutes(
  deps: PeopleDeps<Tx>,
  rates: SessionRates,
  services: Pick<ServiceDoor<Tx>, "enrol">,
  isFrozen: () => boolean,
): { readonly route: (step: string) => Route | null; readonly warm: () => Promise<void> } {
  const signIn = new SignIn(deps);
  const provider = new ProviderSignIn(deps);
  const enrolment = new Enrolment(deps);
  const terminals = new Terminals(deps);
  const sessions = new Sessions(deps);
  const perPeer = new RateLimit(rates.perPeer, deps.now);
  const perName = new RateLimit(rates.perName, deps.now);

  const step =
    <Input extends z.ZodType>(schema: Input, work: (input: z.output<Input>, asking: Asking) => Promise<object>): Step =>
    (body, asking) => {
      const input = schema.safeParse(body ?? {});
      // What is wrong with a body isn't said: it may hold a password at the wrong place.
      if (!input.success) throw new SallyportError("input.invalid");
      return work(input.data, asking);
    };
  /** After a frozen start a link may be one that was used already, by what is lost; founders have nobody else who could end it. */
  const enrolling = <Input extends z.ZodType>(schema: Input, work: (input: z.output<Input>, asking: Asking) => Promise<object>): Step =>
    step(schema, async (input, asking) => {
      if (isFrozen() && (await deps.credentials.founding()).foundersLeft === 0) throw new SallyportError("trail.frozen");
      return work(input, asking);
    });
  const steps: Readonly<Record<string, Step>> = {
    founding: step(SignInOptionsInput, async () => ({ foundersLeft: (await deps.credentials.founding()).foundersLeft })),
    "sign-in/passkey-options": step(SignInOptionsInput, () => signIn.passkeyOptions()),
    "sign-in/passkey": step(SignInPasskeyInput, (input, asking) => signIn.byPasskey(input, asking)),
    "sign-in/password": step(SignInPasswordInput, (input, asking) => {
      if (!perName.take(input.username)) throw new SallyportError("service.limited");
      return signIn.byPassword(input, asking);
    }),
    methods: step(MethodsInput, () => Promise.resolve(provider.methods())),
    "sign-in/provider-options": step(ProviderOptionsInput, (_input, asking) => provider.options(asking)),
    "sign-in/provider": step(SignInProviderInput, (input, asking) => provider.signIn(input, asking)),
    token: step(SessionTokenInput, ({ session }, asking) => sessions.renew(session, asking)),
    end: step(EndSessionInput, async ({ session }, asking) => {
      await sessions.end(session, asking);
      return { done: true };
    }),
    "enrolment/open": enrolling(OpenEnrolmentInput, ({ secret }) => enrolment.open(secret)),
    "enrolment/passkey-options": enrolling(EnrolOptionsInput, (input) => enrolment.passkeyOptions(input)),
    "enrolment/passkey": enrolling(EnrolPasskeyInput, (input, asking) => enrolment.byPasskey(input, asking)),
    "enrolment/totp-options": enrolling(TotpOptionsInput, (input) => enrolment.totpOptions(input)),
    "enrolment/password": enrolling(EnrolPasswordInput, (input, asking) => enrolment.byPassword(input, asking)),
    // A service that has no certificate yet comes the way that people come: by the console, which proves itself in its place.
    "enrol-service": enrolling(EnrolServiceInput, (input, asking) => {
      if (!perName.take(`service ${input.service}`)) throw new SallyportError("service.limited");
      return services.enrol(input, asking);
    }),
    "terminal/begin": step(TerminalBeginInput, (_input, asking) => terminals.begin(asking)),
    "terminal/poll": step(TerminalPollInput, ({ deviceCode }, asking) => terminals.poll(deviceCode, asking)),
  };
  return {
    route: (name) => {
      const found = Object.hasOwn(steps, name) ? steps[name] : undefined;
      if (found === undefined) return null;
      return async (peer, body, requestId) => {
        if (carriesPeople(peer.spiffe) === null) {
          deps.knocks.count("signin", "workload.not_allowed");
          throw new SallyportError("workload.not_allowed");
        }
        if (!perPeer.take(peer.x5t)) throw new SallyportError("service.limited");
        return { status: 200, body: await found(body, { peer: { spiffe: peer.spiffe, x5t: peer.x5t }, requestId }) };
      };
    },
    warm: () => signIn.warm(),
  };
}
