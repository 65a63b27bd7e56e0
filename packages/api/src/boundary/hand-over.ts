import { BeginUploadInput, CompleteUploadInput, type Strict, UploadPacketInput } from "@sallyport/contracts";
import { type ErrorCode, SallyportError } from "@sallyport/errors";
import type { SpoolStore } from "@sallyport/policy";
import { carriesPeople } from "@sallyport/zones";
import type { RequestContext, TokenVerifier } from "../ports.ts";
import { failureOf, invalidInput } from "./failure.ts";

/**
 * What may be handed over (ADR 0074): writes by which a service brings something in, each of which an idempotency key makes happen once. Nothing
 * that a person does, nothing that reads, opens, decides or releases. A part of an upload stays with its sender, who goes on at its offset.
 */
const TAKES: Readonly<Record<string, Strict>> = { "packets.begin": BeginUploadInput, "packets.upload": UploadPacketInput, "packets.complete": CompleteUploadInput };

/** The outages in which it may: the database, the trail or the custodian is away. Where something was altered, or an incident stops it, nothing is taken. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set(["policy.unavailable", "trail.unavailable", "keys.unavailable", "service.unavailable"]);

/** The right that a token has to be for, whatever its principal's roles come to at the replay. */
const SCOPE = "packet.upload";
const KEY_FORM = /^[A-Za-z0-9_-]{16,64}$/;

/** What a request says of waiting. */
export interface Patience {
  /**
   * Whether the caller would rather have a write kept for later than refused while the boundary can't serve (ADR 0074): `now`, at this try already;
   * `behind`, only where something of its own waits, so that their order holds.
   */
  readonly acceptsLater?: "behind" | "now" | undefined;
}

/** What is handed over: all that the caller proved without the database, and its input as JSON text. */
export interface HandedOver {
  readonly workload: string;
  readonly x5t: string;
  readonly principal: string;
  readonly scope: string;
  readonly jti: string;
  readonly iatS: number;
  readonly procedure: string;
  readonly idempotencyKey: string;
  readonly input: string;
}

/** Port: where requests wait, sealed. */
export interface RequestSpool {
  /** Whether something of this workload's waits. */
  holdsOf(workload: string): boolean;
  /** Keeps one; it is on disk when this resolves. @throws `service.unavailable` where none is taken; `input.idempotency_reused`. */
  take(request: HandedOver): Promise<{ readonly receipt: string }>;
}

/** How a node's spool stands; times in milliseconds since the epoch. */
export interface SpoolState {
  readonly state: "off" | "closed" | "open" | "full" | "broken";
  /** Receipts that wait, the oldest first, with whose they are. */
  readonly waiting: readonly { readonly receipt: string; readonly principal: string; readonly procedure: string; readonly takenMs: number; readonly bytes: number }[];
  readonly requestsMax: number;
  readonly bytesMax: number;
  /** Whether everything is well that a replay rests on, by this node's last look. */
  readonly isWell: boolean;
}

/** Ports: what the database has of handed-over requests, and how this node's own spool stands. */
export interface SpoolPorts<Tx> {
  readonly spooled: SpoolStore<Tx>;
  readonly spool: () => SpoolState;
}

export interface HandOverDeps {
  readonly tokens: TokenVerifier;
  /** Null where there is none. */
  readonly spool: RequestSpool | null;
}

/** Whether a workload is a service: where people sign in, nothing is handed over. */
const isService = (spiffe: string): boolean => carriesPeople(spiffe) === null && /^spiffe:\/\/[a-z0-9.-]+\/service\/[a-z0-9-]+$/.test(spiffe);

/**
 * What the boundary does with a legitimate service's write that it can't serve, where the caller said that it would rather have it kept: it is
 * sealed and kept, and the answer says so. Nothing is decided here; that is done anew when it is replayed through the whole boundary.
 */
export class HandOver {
  readonly #deps: HandOverDeps;

  constructor(deps: HandOverDeps) {
    this.#deps = deps;
  }

  /** Whether something of this workload's waits already: what it sends next of that kind waits behind it, so that its order holds. */
  isBehind(path: string, context: RequestContext): boolean {
    return this.#isOffered(path, context) && this.#deps.spool?.holdsOf(context.peer.spiffe) === true;
  }

  /** The failure, where it is an outage in which this request may be handed over by a caller who proves itself; throws it otherwise. Nothing of a body was read. */
  outage(path: string, context: RequestContext, error: unknown): SallyportError {
    const failure = failureOf(error);
    if (!OUTAGES.has(failure.code) || !this.#isOffered(path, context) || (context.acceptsLater !== "now" && !this.isBehind(path, context))) throw error;
    if (this.#prove(context) === null) throw error;
    return failure;
  }

  /**
   * Hands a request over. Never returns: throws `service.accepted_later`, with the receipt, where it was kept; `failure` where it can't be; and what the
   * caller has to mend: `token.*`, `input.*`.
   */
  async handOver(path: string, context: RequestContext, input: unknown, failure: SallyportError): Promise<never> {
    const { spool } = this.#deps;
    const schema = TAKES[path];
    if (spool === null || schema === undefined || !OUTAGES.has(failure.code) || !this.#isOffered(path, context)) throw failure;
    if (context.acceptsLater !== "now" && !this.isBehind(path, context)) throw failure;
    const claims = this.#prove(context);
    if (claims === null) throw failure;
    const { sub, scope, jti, iatS } = claims;
    const { idempotencyKey, peer } = context;
    if (idempotencyKey === null || !KEY_FORM.test(idempotencyKey)) throw new SallyportError("input.idempotency_missing");
    const parsed = schema.safeParse(input);
    if (!parsed.success) throw invalidInput(parsed.error);
    let receipt: string;
    try {
      ({ receipt } = await spool.take({
        workload: peer.spiffe,
        x5t: peer.x5t,
        principal: sub,
        scope: [...scope].join(" "),
        jti,
        iatS,
        procedure: path,
        idempotencyKey,
        input: JSON.stringify(input),
      }));
    } catch (error) {
      // Full, or no disk: then it is as it was without a spool.
      throw failureOf(error).code === "input.idempotency_reused" ? error : failure;
    }
    throw new SallyportError("service.accepted_later", { receipt });
  }

  #isOffered(path: string, { acceptsLater, peer }: RequestContext): boolean {
    return acceptsLater !== undefined && Object.hasOwn(TAKES, path) && this.#deps.spool !== null && isService(peer.spiffe);
  }

  /** The token, in full but for what only the database knows; null for one that isn't for bringing anything in. @throws `token.*`. */
  #prove(context: RequestContext): ReturnType<TokenVerifier["verify"]> | null {
    const claims = this.#deps.tokens.verify(context.authorization, context.peer);
    return claims.scope.has(SCOPE) ? claims : null;
  }
}
