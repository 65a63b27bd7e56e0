import { ReadSealedEvent, ReadSealedInput, ReportRouteInput, ReportRouteOutput, WatchOutboxEvent, WatchOutboxInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { pause } from "../../crossings/pause.ts";
import { readAhead } from "../../crossings/read-ahead.ts";
import type { ApiDeps } from "../../ports.ts";
import { DELIVER, inDeployment, locateItem } from "./outbox-place.ts";

const LOOK_EVERY_MS = 500;
/** How many sealed bytes are in one event. */
const PIECE_BYTES = 1_048_576;

/** Tells the egress process when there is something to do, and which routes there are: so that a deployment with nothing to send writes no records about it. */
export const watchOutbox = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.watch({ ...DELIVER, input: WatchOutboxInput, output: WatchOutboxEvent, locate: inDeployment }, async function* ({ grant }, signal) {
    let told = "";
    do {
      const [due, standings] = await Promise.all([deps.outbox.due(grant, deps.now()), deps.routes.current(grant)]);
      const routes = standings.map(({ id, settings, health }) => ({ routeId: id, settings, health: health === null ? null : { failure: health.failure } }));
      const standing = JSON.stringify(routes);
      if (due > 0 || standing !== told) yield { due, routes };
      told = standing;
    } while (await pause(LOOK_EVERY_MS, signal));
  });

/** The sealed bytes of the attempt that is under way, once it has said that they go out, from where it has them not yet. */
export const readSealed = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.watch({ ...DELIVER, input: ReadSealedInput, output: ReadSealedEvent, locate: locateItem }, async function* ({ input: { itemId, attempt, from: first }, grant }, signal) {
    const found = await deps.outbox.get(grant, itemId);
    if (found === null) throw new SallyportError("policy.denied");
    const { packetId, length, item } = found.row;
    if (item.phase !== "sending" || item.attempt !== attempt) throw new SallyportError("outbox.fenced");
    let asked = first;
    const pieces = readAhead<Buffer>((last) => {
      if (last?.length === 0) throw new SallyportError("internal");
      asked += last?.length ?? 0;
      return asked < length ? deps.sealedPackets.read(packetId, asked, Math.min(PIECE_BYTES, length - asked)) : null;
    });
    let from = first;
    for await (const piece of pieces) {
      if (signal.aborted) return;
      yield { from, content: piece.toString("base64") };
      from += piece.length;
    }
  });

/** Keeps how a route is, as the egress process found it: an unhealthy one isn't used. */
export const reportRoute = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      ...DELIVER,
      input: ReportRouteInput,
      output: ReportRouteOutput,
      locate: ({ routeId }, trace) => {
        trace.about(`route/${routeId}`);
        return inDeployment();
      },
    },
    {
      prepare: () => Promise.resolve(null),
      commit: async (tx, { input: { routeId, failure }, grant, trace }) => {
        if ((await deps.routes.byId(tx, grant, routeId)) === null) throw new SallyportError("policy.denied");
        const state = failure === null ? ("healthy" as const) : ("unhealthy" as const);
        await deps.routes.report(tx, grant, routeId, { state, failure, sinceMs: deps.now() });
        trace.note({ state, ...(failure !== null && { failure }) });
        return { routeId, state };
      },
    },
  );
