import type { Portal } from "@sallyport/delivery";
import { codeOf } from "@sallyport/errors";
import type { RouteSettings } from "@sallyport/outbox";

interface Watched {
  readonly routeId: string;
  readonly settings: RouteSettings;
  /** How it is on record: its failure, or null where it is healthy. Null where nobody has looked at it. */
  readonly health: { readonly failure: string | null } | null;
}
interface RouteWatchParts {
  readonly portalOf: (settings: RouteSettings) => Portal;
  /** Keeps how a route is: the failure's word, or null. */
  readonly report: (routeId: string, failure: string | null) => Promise<void>;
  readonly log: (event: string, facts: Readonly<Record<string, string | number>>) => void;
  readonly lookMs: number;
  /** How long this process waits before it says once more what it has said, where another process says otherwise. */
  readonly againMs: number;
}

/**
 * Looks at every route again and again, and says how it is when that changes, be it the reason alone: a route that stays as it is makes no records. Nor does
 * one that two processes see differently make one at each look: what this one has said and still sees, it says once more after a while.
 */
export class RouteWatch {
  readonly #parts: RouteWatchParts;
  #routes: readonly Watched[] = [];
  /** What is on record of each: its failure, or null. */
  readonly #known = new Map<string, string | null>();
  /** What this process said last of each, and when, on the clock that only goes forward. */
  readonly #said = new Map<string, { readonly failure: string | null; readonly atMs: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RouteWatchParts) {
    this.#parts = parts;
  }

  /** Takes over which routes there are; looks at once at those that nobody has looked at yet. */
  async take(routes: readonly Watched[]): Promise<void> {
    this.#routes = routes;
    for (const { routeId, health } of routes) if (health !== null) this.#known.set(routeId, health.failure);
    this.#timer ??= setInterval(() => void this.#look(this.#routes), this.#parts.lookMs).unref();
    await this.#look(routes.filter(({ routeId }) => !this.#known.has(routeId)));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(routes: readonly Watched[]): Promise<void> {
    await Promise.all(routes.map((route) => this.#lookAt(route)));
  }

  async #lookAt({ routeId, settings }: Watched): Promise<void> {
    const { portalOf, report, log, againMs } = this.#parts;
    const failure = await portalOf(settings).health();
    if (this.#known.get(routeId) === failure) return;
    const said = this.#said.get(routeId);
    if (said?.failure === failure && performance.now() - said.atMs < againMs) return;
    try {
      await report(routeId, failure);
      this.#known.set(routeId, failure);
      this.#said.set(routeId, { failure, atMs: performance.now() });
      log("egress.route", { route: routeId, state: failure === null ? "healthy" : "unhealthy", failure: failure ?? "-" });
    } catch (error) {
      log("egress.unreported", { route: routeId, code: codeOf(error) });
    }
  }
}
