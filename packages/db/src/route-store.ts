import { newId } from "@sallyport/crypto";
import type { Route, RouteSettings, RouteStanding, RouteStore } from "@sallyport/outbox";
import type { Database, Tx } from "./database.ts";
import { enterGrant, withGrant } from "./site-context.ts";

interface StoredRoute {
  readonly id: string;
  readonly recipient: string;
  readonly rank: number;
  readonly settings: string;
  readonly version: number;
  readonly state: "healthy" | "unhealthy" | null;
  readonly failure: string | null;
  readonly since_ms: string | null;
}

/** Recipients' routes in Postgres: a list is added as a whole, and the newest is the one in use (0039-outbox.sql). */
export function routeStore(database: Database): RouteStore<Tx> {
  return {
    current: (grant) =>
      withGrant(database, grant, async (tx) => {
        const rows = await tx<StoredRoute>`
          SELECT r.id, r.recipient, r.rank, r.settings, r.version, h.state, h.failure, h.since_ms
            FROM egress.route r LEFT JOIN egress.route_health h ON h.route = r.id
           WHERE r.version = (SELECT max(v.version) FROM egress.route v WHERE v.recipient = r.recipient) ORDER BY r.recipient, r.rank LIMIT 400`;
        return rows.map(standingOf);
      }),

    async of(tx, grant, recipientId) {
      await enterGrant(tx, grant);
      const rows = await tx<StoredRoute>`
        SELECT r.id, r.recipient, r.rank, r.settings, r.version, h.state, h.failure, h.since_ms
          FROM egress.route r LEFT JOIN egress.route_health h ON h.route = r.id
         WHERE r.recipient = ${recipientId} AND r.version = (SELECT max(v.version) FROM egress.route v WHERE v.recipient = ${recipientId}) ORDER BY r.rank`;
      return { version: rows[0]?.version ?? 0, routes: rows.map(standingOf) };
    },

    async byId(tx, grant, id) {
      await enterGrant(tx, grant);
      const [row] = await tx<Pick<StoredRoute, "id" | "recipient" | "rank" | "settings">>`SELECT id, recipient, rank, settings FROM egress.route WHERE id = ${id}`;
      return row === undefined ? null : routeOf(row);
    },

    async replace(tx, recipientId, { version, settings, approval, atMs }) {
      for (const [rank, each] of settings.entries()) {
        await tx`
          INSERT INTO egress.route (id, recipient, version, rank, settings, approval, made_at_ms)
          VALUES (${newId("rte")}, ${recipientId}, ${version}, ${rank}, ${JSON.stringify(each)}, ${approval}, ${atMs}::bigint)`;
      }
    },

    async report(tx, grant, routeId, { state, failure, sinceMs }) {
      await enterGrant(tx, grant);
      await tx`
        INSERT INTO egress.route_health AS h (route, state, failure, since_ms) VALUES (${routeId}, ${state}, ${failure}, ${sinceMs}::bigint)
        ON CONFLICT (route) DO UPDATE SET state = EXCLUDED.state, failure = EXCLUDED.failure,
          since_ms = CASE WHEN h.state = EXCLUDED.state THEN h.since_ms ELSE EXCLUDED.since_ms END`;
    },
  };
}

const routeOf = ({ id, recipient, rank, settings }: Pick<StoredRoute, "id" | "recipient" | "rank" | "settings">): Route => ({
  id,
  recipientId: recipient,
  rank,
  settings: JSON.parse(settings) as RouteSettings,
});

const standingOf = (row: StoredRoute): RouteStanding => ({
  ...routeOf(row),
  health: row.state === null ? null : { state: row.state, failure: row.failure, sinceMs: Number(row.since_ms) },
});
