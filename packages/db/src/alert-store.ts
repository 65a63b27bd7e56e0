import { newId } from "@sallyport/crypto";
import type { AlertDelivery, AlertKind, AlertRow, Alerts, RaisedAlert, RouteStanding } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { withGrants } from "./site-context.ts";

/** One try of one alert at one place. */
export interface ClaimedAlert extends AlertRow {
  readonly route: string;
  /** Of the person that it is for, as it was when it was raised; null where it goes to a place. */
  readonly address: string | null;
  /** From 1. */
  readonly attempt: number;
}

/** A review that should have been signed off. */
interface OverdueReview {
  readonly id: string;
  readonly chain: string;
  readonly dueAtMs: number;
  /** Who opened it, and who is to do it. */
  readonly people: readonly string[];
}

/** Whom a node sends to: places by their names, and people or not. */
interface AlertTargets {
  readonly routes: readonly string[];
  readonly people: boolean;
}

/** The queue of alerts. */
export interface AlertStore extends Pick<Alerts<Tx>, "list"> {
  /** Raises one for these places, and for those it names where `people` says so, within the transaction if there is one; answers its id, or null where its key was used. */
  raise(tx: Tx | null, alert: RaisedAlert, to: AlertTargets): Promise<string | null>;
  /** Reviews of access and of the trail whose time is over. */
  overdue(nowMs: number): Promise<readonly OverdueReview[]>;
  /** Takes up what is due to these and keeps others from it for so many seconds. */
  claim(to: AlertTargets, limit: number, seconds: number): Promise<readonly ClaimedAlert[]>;
  /** Says what became of a try: delivered (no failure), to be tried again, or given up (no `againSeconds`). False where somebody else has taken it up since. */
  settle(tried: Pick<ClaimedAlert, "id" | "route" | "attempt">, failure: string | null, againSeconds: number | null): Promise<boolean>;
}

interface StoredAlert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly chain: string;
  readonly about: string;
  readonly facts: string;
  readonly raised_at_ms: string;
}
interface StoredDelivery {
  readonly alert: string;
  readonly route: string;
  readonly state: AlertDelivery["state"];
  readonly attempts: number;
  readonly tried_at_ms: string | null;
  readonly failure: string | null;
}

const rowOf = ({ id, kind, chain, about, facts, raised_at_ms }: StoredAlert): AlertRow => ({
  id,
  kind,
  chain,
  about,
  facts: JSON.parse(facts) as AlertRow["facts"],
  atMs: Number(raised_at_ms),
});
const msOf = (text: string | null): number | null => (text === null ? null : Number(text));

/** Alerts in Postgres: raised, taken up and settled by functions of the owner's; read under row security. */
export function alertStore(database: Database): AlertStore {
  return {
    async raise(tx, { key, kind, chain, about, facts, atMs, people: told = [] }, { routes, people }) {
      const id = newId("alr");
      const run = tx ?? database.run;
      const [row] = await run<{ raised: boolean }>`
        SELECT audit.raise_alert(${id}, ${key}, ${kind}, ${chain}, ${about}, ${JSON.stringify(facts)}, ${atMs}::bigint, ${routes.join("\n")}, ${people ? told.join("\n") : ""}) AS raised`;
      return row?.raised === true ? id : null;
    },

    async overdue(nowMs) {
      const rows = await database.run<{ id: string; chain: string; due_at_ms: string; people: string }>`
        SELECT id, chain, due_at_ms, people FROM audit.overdue_reviews(${nowMs}::bigint)`;
      return rows.map(({ id, chain, due_at_ms, people }) => ({ id, chain, dueAtMs: Number(due_at_ms), people: people.split("\n") }));
    },

    async claim({ routes, people }, limit, seconds) {
      const rows = await database.run<StoredAlert & { route: string; address: string | null; attempt: number }>`
        SELECT id, route, address, attempt, kind, chain, about, facts, raised_at_ms FROM audit.claim_alerts(${routes.join("\n")}, ${people}::boolean, ${limit}, ${seconds})`;
      return rows.map((row) => ({ ...rowOf(row), route: row.route, address: row.address, attempt: row.attempt }));
    },

    async settle({ id, route, attempt }, failure, againSeconds) {
      const [row] = await database.run<{ settled: boolean }>`SELECT audit.settle_alert(${id}, ${route}, ${attempt}, ${failure}, ${againSeconds}::integer) AS settled`;
      return row?.settled === true;
    },

    list(grants, { about, limit }) {
      for (const grant of grants) grant.assert("trail.read");
      return withGrants(database, grants, async (tx) => {
        const rows = await tx<StoredAlert>`
          SELECT id, kind, chain, about, facts, raised_at_ms FROM audit.alerts
           WHERE ${about}::text IS NULL OR about = ${about} ORDER BY raised_at_ms DESC, id DESC LIMIT ${limit}`;
        const deliveries = await tx<StoredDelivery>`
          SELECT alert, route, state, attempts, floor(extract(epoch FROM tried_at) * 1000)::bigint AS tried_at_ms, failure
            FROM audit.alert_deliveries WHERE alert = ANY (string_to_array(${rows.map(({ id }) => id).join("\n")}, E'\n')) ORDER BY route`;
        return {
          alerts: rows.map((row) => ({ ...rowOf(row), deliveries: deliveries.filter(({ alert }) => alert === row.id).map(deliveryOf) })),
          standings: await standings(tx),
        };
      });
    },
  };
}

const deliveryOf = ({ route, state, attempts, tried_at_ms, failure }: StoredDelivery): AlertDelivery => ({
  route,
  state,
  attempts,
  triedAtMs: msOf(tried_at_ms),
  failure,
});

/** The last try of each place, of what the transaction's grants reach. One that is under way says what the try before it said. */
async function standings(tx: Tx): Promise<readonly RouteStanding[]> {
  const rows = await tx<{ route: string; tried_at_ms: string; failure: string | null }>`
    SELECT DISTINCT ON (route) route, floor(extract(epoch FROM tried_at) * 1000)::bigint AS tried_at_ms, failure
      FROM audit.alert_deliveries WHERE tried_at IS NOT NULL AND (state <> 'waiting' OR failure IS NOT NULL) ORDER BY route, tried_at DESC`;
  return rows.map(({ route, tried_at_ms, failure }) => ({ route, triedAtMs: Number(tried_at_ms), failure }));
}
