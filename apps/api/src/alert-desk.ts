import type { AlertRoute, PersonalMail } from "@sallyport/alerts";
import type { EventLog, TrailIncident } from "@sallyport/api";
import type { AlertStore, ClaimedAlert, Tx } from "@sallyport/db";
import { codeOf, SallyportError } from "@sallyport/errors";
import type { Alerts, RaisedAlert } from "@sallyport/policy";

export interface AlertDeskDeps {
  readonly routes: readonly AlertRoute[];
  /** How people are told themselves; null where nobody is. */
  readonly personal: PersonalMail | null;
  readonly store: AlertStore;
  readonly watch: { readonly status: () => { readonly incidents: readonly TrailIncident[] } };
  /** Whether no anchor has taken a checkpoint for too long. */
  readonly anchors: { readonly isBehind: () => boolean };
  readonly deployment: string;
  readonly consoleOrigin: string;
  readonly log: EventLog;
  readonly now: () => number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const AT_ONCE = 8;
/** Longer than a try may take, so that nobody else tries the same meanwhile; and as long as it waits where its node went away. */
const LEASE_SECONDS = 60;
/** How long after each failed try the next one comes: together about a day and a half. */
const AGAIN_SECONDS = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800, 28_800] as const;

/** Raises what somebody has to know, and has it told: at least once to each place, and not by two nodes at a time. */
export class AlertDesk implements Alerts<Tx> {
  readonly #deps: AlertDeskDeps;
  readonly #byName: ReadonlyMap<string, AlertRoute>;
  /** What this node has seen raised already. */
  readonly #seen = new Set<string>();
  /** Places, and parts of a round, whose failure was told already. */
  readonly #told = new Set<string>();
  #lookedForOverdueMs = 0;

  constructor(deps: AlertDeskDeps) {
    this.#deps = deps;
    this.#byName = new Map(deps.routes.map((route) => [route.name, route]));
  }

  raise(tx: Tx | null, alert: RaisedAlert): Promise<string | null> {
    const routes = this.#deps.routes.filter((route) => route.takes(alert.kind)).map(({ name }) => name);
    return this.#deps.store.raise(tx, alert, { routes, people: this.tellsPeople });
  }

  get tellsPeople(): boolean {
    return this.#deps.personal !== null;
  }

  routes(): ReturnType<Alerts<Tx>["routes"]> {
    return this.#deps.routes.map(({ name, kind }) => ({ name, kind }));
  }

  list(...[grants, of]: Parameters<Alerts<Tx>["list"]>): ReturnType<Alerts<Tx>["list"]> {
    return this.#deps.store.list(grants, of);
  }

  /** One round: raises what has no act of ours behind it, and sends what is due. Never throws: the next one comes soon. */
  async run(): Promise<void> {
    // What can't be raised now must not keep from being sent what was.
    await this.#attempt("raising", () => this.#notice());
    if (this.#byName.size === 0 && !this.tellsPeople) return;
    await this.#attempt("sending", async () => {
      const due = await this.#deps.store.claim({ routes: [...this.#byName.keys()], people: this.tellsPeople }, AT_ONCE, LEASE_SECONDS);
      await Promise.all(due.map((claimed) => this.#send(claimed)));
    });
  }

  async #attempt(part: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#told.delete(part);
    } catch (error) {
      this.#tell(part, codeOf(error));
    }
  }

  async #notice(): Promise<void> {
    const { watch, now } = this.#deps;
    const raised = watch.status().incidents.flatMap((incident) => incidentAlerts(incident, now()));
    if (this.#deps.anchors.isBehind()) raised.push(behindAlert(now()));
    raised.push(...(await this.#overdue()));
    for (const alert of raised.filter(({ key }) => !this.#seen.has(key))) {
      await this.raise(null, alert);
      this.#seen.add(alert.key);
    }
  }

  /** Reviews that are overdue, looked for once a minute. */
  async #overdue(): Promise<readonly RaisedAlert[]> {
    const nowMs = this.#deps.now();
    if (nowMs - this.#lookedForOverdueMs < MINUTE_MS) return [];
    const found = await this.#deps.store.overdue(nowMs);
    this.#lookedForOverdueMs = nowMs;
    return found.map(({ id, chain, dueAtMs, people }) => ({
      key: `review.overdue:${id}`,
      kind: "review.overdue",
      chain,
      about: `review/${id}`,
      facts: { due: new Date(dueAtMs).toISOString() },
      atMs: nowMs,
      people,
    }));
  }

  async #send(claimed: ClaimedAlert): Promise<void> {
    const { store, log, now, deployment, consoleOrigin, personal } = this.#deps;
    const { id, route: name, address } = claimed;
    const alert = { ...claimed, deployment, link: linkTo(consoleOrigin, claimed.about) };
    let failure: unknown = null;
    try {
      await (address === null ? this.#byName.get(name)?.deliver(alert, now()) : personal?.deliver(alert, { route: name, address }));
    } catch (error) {
      failure = error;
    }
    if (failure === null) {
      this.#told.delete(name);
      if (await store.settle(claimed, null, null)) log.event("alert.delivered", { alert: id, route: name, attempt: claimed.attempt });
      return;
    }
    this.#tell(name, codeOf(failure));
    const isGone = failure instanceof SallyportError && failure.context["gone"] === true;
    const again = isGone ? null : (AGAIN_SECONDS[claimed.attempt - 1] ?? null);
    if ((await store.settle(claimed, codeOf(failure), again)) && again === null) log.event("alert.given_up", { alert: id, route: name, attempt: claimed.attempt });
  }

  /** Once until it succeeds again: what goes on for hours is one line. */
  #tell(part: string, code: string): void {
    if (!this.#told.has(part)) this.#deps.log.event("alert.failed", { route: part, code });
    this.#told.add(part);
  }
}

/** An incident's opening, and, for a day, its end. One that was ended before anybody looked is told with both. */
function incidentAlerts(incident: TrailIncident, nowMs: number): RaisedAlert[] {
  const { id, chain, generation, from, to, kind, isFrozen, foundAt, ended } = incident;
  const stops = isFrozen ? "everything" : chain === "system" ? "administration" : "site";
  const facts = { generation, from, to, kind, stops };
  const alertOf = (what: "opened" | "ended", at: string): RaisedAlert => ({
    key: `incident.${what}:${id}`,
    kind: `incident.${what}`,
    chain,
    about: `incident/${id}`,
    facts,
    atMs: Date.parse(at),
  });
  if (ended === null) return [alertOf("opened", foundAt)];
  return nowMs - Date.parse(ended.at) > DAY_MS ? [] : [alertOf("opened", foundAt), alertOf("ended", ended.at)];
}

/** One a day, for as long as it lasts. */
const behindAlert = (nowMs: number): RaisedAlert => ({
  key: `anchors.behind:${new Date(nowMs).toISOString().slice(0, 10)}`,
  kind: "anchors.behind",
  chain: "system",
  about: "anchors",
  facts: {},
  atMs: nowMs,
});

function linkTo(origin: string, about: string): string {
  const [what = "", id = ""] = about.split("/");
  const page: Readonly<Record<string, string>> = {
    incident: `incidents?incident=${id}`,
    emergency: "reviews",
    person: `people?person=${id}`,
    policy: "roles",
    outbox: `outbox?item=${id}`,
    approval: "approvals",
    review: "reviews",
    signature: "documents",
    document: "documents",
  };
  return `${origin}/${about.startsWith("spiffe:") ? "services" : (page[what] ?? "overview")}`;
}
