import type { Strict } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Session } from "@sallyport/people";
import { actOf, type Grant, type Place } from "@sallyport/policy";
import { initTRPC } from "@trpc/server";
import type { z } from "zod";
import type { BoundaryDeps, PartBody, RequestContext } from "../ports.ts";
import { authenticate, type Caller, callerNow } from "./authenticate.ts";
import { type ChangeOptions, type ChangeWork, crossByChange } from "./change.ts";
import { assertReaches, decideCrossing, type Located, mayAlso, type Right, type Rule } from "./decide-crossing.ts";
import { failureOf, recordedAs, wrapped } from "./failure.ts";
import { PrincipalPlaces } from "./principal-places.ts";
import { crossByReveal, type RevealOptions, type RevealWork } from "./reveal.ts";
import { type Reach, reachOf, type Standing, stillLive } from "./still-live.ts";
import { tellOfSeparation } from "./separation-alert.ts";
import { Trace } from "./trace.ts";
import { WatchStream } from "./watch-stream.ts";

/** What every procedure has to say of itself; leaving anything out doesn't compile. */
export interface Declaration<Input extends Strict, Output extends Strict, Found> extends Rule {
  readonly input: Input;
  readonly output: Output;
  /** Finds where the resource belongs from our own records, never from the caller. */
  readonly locate: (input: z.output<Input>, trace: Trace, reach: Reach) => Promise<Located<Found>>;
  /** Each call begins something of its own, so what is sent twice is two. */
  readonly beginsAnew?: true;
}

/** What the router walk checks of each procedure (walk.ts). */
export interface Declared {
  readonly kind: "read" | "reveal" | "change" | "watch" | "part";
  readonly rule: Rule;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** Whether sending it twice has one effect at most; what a client may do by itself where an answer was lost. */
  readonly repeatable: boolean;
}

type Declaring = Rule & Pick<Declared, "input" | "output"> & Pick<Declaration<Strict, Strict, unknown>, "beginsAnew"> & RevealOptions;

/** What a handler is given: the input as parsed, the grant, what was located, and the trace to note ids on. */
export interface Crossing<Input, Found> {
  readonly input: Input;
  readonly grant: Grant;
  readonly found: Found;
  readonly trace: Trace;
  /** Whether the caller has another right at a place too: for what an answer says of itself. What needs the right is decided by its own crossing. */
  readonly may: (right: Right, place: Place) => boolean;
  /** The session in which a person asks; null for a service. */
  readonly session: Session | null;
  /** Asks for more, within this crossing: what isn't granted is left out of the answer. */
  readonly reach: Reach;
}

/** How often a watch's right to go on is looked at. With a policy that is read each quarter of a second it is over in half a second, and in one where much else is done. */
const STILL_LIVE_MS = 200;
/** Watches of one principal at once: a few windows with a few pages. */
const WATCHES_PER_PRINCIPAL = 16;
/** Parts of one principal at once: each holds its bytes in memory until they are written. */
const PARTS_PER_PRINCIPAL = 4;

/**
 * The one door to clinical data. It fixes the order for every procedure: workload and principal, input, decision, work, record.
 *
 * tRPC's own builder is not exported, so there is no other way to make a procedure; a repo check keeps `initTRPC` out of other files.
 */
export function createBoundary<Tx>(deps: BoundaryDeps<Tx>) {
  const trpc = initTRPC.context<RequestContext>().meta<Declared>().create({ isDev: false });

  const door = trpc.procedure.use(async ({ ctx, meta, next }) => {
    if (meta === undefined) throw wrapped(new SallyportError("internal", { procedure: "undeclared" }));
    let caller: Caller;
    try {
      caller = await authenticate(deps, ctx);
    } catch (error) {
      const failure = failureOf(error);
      deps.knocks.count("api", failure.code);
      throw wrapped(failure);
    }
    const trace = new Trace(caller, meta.rule.action, meta.rule.resource, ctx.requestId);
    // tRPC resolves a failure as a value: a catch block around next() would never run.
    const result = await next({ ctx: { ...ctx, caller, trace } });
    if (result.ok) return result;
    const failure = failureOf(result.error);
    return { ...result, error: wrapped(meta.kind === "part" && isOrdinary(failure) ? failure : await recordFailure(trace, ctx, failure)) };
  });

  /** Puts a refusal or failure on record; where that can't be done, the answer is that the trail is away. */
  async function recordFailure(trace: Trace, context: RequestContext, failure: SallyportError): Promise<SallyportError> {
    if (failure.code === "internal") deps.log.event("crossing.internal", { requestId: context.requestId, at: placeInCode(failure.cause) });
    // The trail counts by itself what it refused; asking it to record that would ask the one who is away.
    if (failure.facts.pillar === "trail" && failure.facts.retry) return failure;
    try {
      await deps.trail.append(trace.failure(recordedAs(failure.code), failure.code));
    } catch (error) {
      return failureOf(error);
    }
    await tellOfSeparation(deps, trace, context.requestId, failure);
    return failure;
  }

  /** Makes a procedure's way in, once, where it is declared. */
  function entering<Input extends Strict, Output extends Strict, Found>(declaration: Declaration<Input, Output, Found>, isAct: boolean) {
    const act = actOf(declaration.action, declaration.resource);
    return async (ctx: RequestContext & { readonly caller: Caller; readonly trace: Trace }, input: z.output<Input>): Promise<Entered<z.output<Input>, Found>> => {
      assertReaches(deps, act, ctx.caller, ctx.trace);
      const standing: Standing[] = [];
      const reach = reachOf(deps, ctx.caller, ctx, standing);
      const located = await declaration.locate(input, ctx.trace, reach);
      const grant = decideCrossing(deps, { rule: declaration, act, isAct }, ctx.caller, ctx, ctx.trace, located);
      standing.push({ rule: declaration, place: located.place, subject: located.subject, grant });
      const leave = (): void => standing.forEach((each) => each.grant.close());
      // As things stand when it is asked: a watch asks again and again.
      const may = (right: Right, place: Place): boolean => {
        const now = callerNow(ctx.caller, deps.policy.current());
        return now !== null && mayAlso(deps, now, right, place);
      };
      return { crossing: { input, grant, found: located.found, trace: ctx.trace, may, session: ctx.caller.session, reach }, standing, leave };
    };
  }

  const watches = new PrincipalPlaces(WATCHES_PER_PRINCIPAL);
  const parts = new PrincipalPlaces(PARTS_PER_PRINCIPAL);

  const declared = (kind: Declared["kind"], { input, output, beginsAnew, ...rule }: Declaring): Declared => ({
    kind,
    rule,
    input,
    output,
    // Nothing is kept of a reveal, but of one under an idempotency key, which is one with evidence.
    repeatable: kind === "reveal" ? rule.evidence === true : beginsAnew !== true,
  });

  return {
    router: trpc.router,

    /** A read: its record is durable before the answer leaves. */
    read<Input extends Strict, Output extends Strict, Found>(
      declaration: Declaration<Input, Output, Found>,
      work: (crossing: Crossing<z.output<Input>, Found>) => Promise<z.input<Output>>,
    ) {
      const enter = entering(declaration, false);
      return door
        .meta(declared("read", declaration))
        .input(declaration.input)
        .query(async ({ ctx, input }): Promise<z.output<Output>> => {
          const { crossing, leave } = await enter(ctx, input as z.output<Input>);
          try {
            const output = declaration.output.parse(await work(crossing)) as z.output<Output>;
            await deps.trail.append(ctx.trace.success());
            return output;
          } finally {
            leave();
          }
        });
    },

    /**
     * Opens PHI: a POST, so that no identifier stands in a URL, and never answered from memory. `work` opens the value and says
     * what else is stored with the record; both commit before the value leaves, and their checkpoint is signed where it asks for `evidence`.
     */
    reveal<Input extends Strict, Output extends Strict, Found>(
      declaration: Declaration<Input, Output, Found> & RevealOptions,
      work: RevealWork<Tx, z.output<Input>, z.input<Output>, Found>,
    ) {
      const enter = entering(declaration, true);
      return door
        .meta(declared("reveal", declaration))
        .input(declaration.input)
        .mutation(async ({ ctx, input, path }): Promise<z.output<Output>> => {
          const { crossing, leave } = await enter(ctx, input as z.output<Input>);
          try {
            return declaration.output.parse(await crossByReveal(deps, { declaration, context: ctx, path, crossing, work })) as z.output<Output>;
          } finally {
            leave();
          }
        });
    },

    /** A change: it commits in the same transaction as its records, once per idempotency key. */
    change<Input extends Strict, Output extends Strict, Found, Prepared>(
      declaration: Declaration<Input, Output, Found> & ChangeOptions,
      work: ChangeWork<Tx, z.output<Input>, z.input<Output>, Found, Prepared>,
    ) {
      const enter = entering(declaration, true);
      return door
        .meta(declared("change", declaration))
        .input(declaration.input)
        .mutation(async ({ ctx, input, path }): Promise<z.output<Output>> => {
          const { crossing, leave } = await enter(ctx, input as z.output<Input>);
          try {
            return (await crossByChange(deps, { declaration, context: ctx, path, crossing, work })) as z.output<Output>;
          } finally {
            leave();
          }
        });
    },

    /**
     * One piece of a change that comes in pieces, between two crossings that are on record: proven and decided anew like any other, and again
     * before it is written, but recorded only where it is refused. `receive` takes the bytes; `write` keeps them, all or nothing.
     */
    part<Input extends Strict, Output extends Strict, Found, Received>(
      declaration: Declaration<Input, Output, Found>,
      work: {
        readonly receive: (crossing: Crossing<z.output<Input>, Found>, body: PartBody) => Promise<Received>;
        readonly write: (crossing: Crossing<z.output<Input>, Found>, received: Received) => Promise<z.input<Output>>;
      },
    ) {
      const enter = entering(declaration, true);
      return door
        .meta(declared("part", declaration))
        .input(declaration.input)
        .mutation(async ({ ctx, input }): Promise<z.output<Output>> => {
          if (ctx.body === undefined) throw new SallyportError("input.not_found");
          const givePlace = parts.take(ctx.caller.principal.id);
          let leave: () => void = () => undefined;
          try {
            const entered = await enter(ctx, input as z.output<Input>);
            ({ leave } = entered);
            const received = await work.receive(entered.crossing, ctx.body);
            // The bytes took their time: what was decided when they began must still hold.
            const ended = await stillLive(deps, ctx.caller, entered.standing);
            if (ended !== null) throw ended;
            return declaration.output.parse(await work.write(entered.crossing, received)) as z.output<Output>;
          } finally {
            leave();
            givePlace();
          }
        });
    },

    /**
     * A crossing that goes on: its opening is on record before the first event leaves, and so is its end. Five times a second it is asked
     * whether the caller may still have it. `work` yields events until the signal is aborted.
     */
    watch<Input extends Strict, Output extends Strict, Found>(
      declaration: Declaration<Input, Output, Found>,
      work: (crossing: Crossing<z.output<Input>, Found>, signal: AbortSignal) => AsyncIterable<z.input<Output>>,
    ) {
      const enter = entering(declaration, false);
      return door
        .meta(declared("watch", declaration))
        .input(declaration.input)
        .subscription(async ({ ctx, input }): Promise<AsyncIterable<z.output<Output>, void, undefined>> => {
          const givePlace = watches.take(ctx.caller.principal.id);
          let leave: () => void = () => undefined;
          try {
            const entered = await enter(ctx, input as z.output<Input>);
            ({ leave } = entered);
            await deps.trail.append(ctx.trace.success("opened"));
            return new WatchStream<z.output<Output>>({
              everyMs: STILL_LIVE_MS,
              ended: () => stillLive(deps, ctx.caller, entered.standing),
              async *events(signal) {
                for await (const event of work(entered.crossing, signal)) yield declaration.output.parse(event) as z.output<Output>;
              },
              async close(failure, events) {
                leave();
                givePlace();
                ctx.trace.note({ events });
                await recordEnd(ctx.trace, ctx, failure);
              },
            });
          } catch (error) {
            leave();
            givePlace();
            throw error;
          }
        });
    },
  };

  /** Puts the end of a watch on record. Nobody waits for it who could be told: where that can't be done, the log says so. */
  async function recordEnd(trace: Trace, context: RequestContext, failure: SallyportError | null): Promise<void> {
    if (failure?.code === "internal") deps.log.event("crossing.internal", { requestId: context.requestId, at: placeInCode(failure.cause) });
    try {
      await deps.trail.append(failure === null ? trace.closed() : trace.failure(recordedAs(failure.code), failure.code));
    } catch {
      deps.log.event("watch.end_unrecorded", { requestId: context.requestId });
    }
  }
}

/** What a sender of parts meets and mends by itself: another offset, a body that broke off, a busy moment. It says nothing about the caller. */
const isOrdinary = ({ facts }: SallyportError): boolean => facts.outcome === "rejected" || facts.retry;

/** A crossing with what it rests on, and what ends it. */
interface Entered<Input, Found> {
  readonly crossing: Crossing<Input, Found>;
  readonly standing: readonly Standing[];
  readonly leave: () => void;
}

export type Boundary<Tx> = ReturnType<typeof createBoundary<Tx>>;

/** The first of our own frames of a stack: where to look, with no message and no path of a machine. */
function placeInCode(cause: unknown): string {
  const frame = cause instanceof Error ? (cause.stack ?? "").split("\n").find((line) => line.includes("/dist/")) : undefined;
  return frame?.replace(/^.*\/((?:[\w-]+\/)*dist\/[\w./-]+:\d+:\d+)\)?$/, "$1") ?? "unknown";
}
