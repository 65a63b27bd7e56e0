import { randomBytes } from "node:crypto";
import { type Connection, hasCode, SallyportClientError, type UploadedPacket } from "@sallyport/client";
import { catalog, type ErrorCode, SallyportError } from "@sallyport/errors";
import { asSurveyed, type FileFacts, filesOf, survey } from "./delivery.ts";
import type { Entry } from "@sallyport/outbound/sftp";
import type { DropServer } from "./drop-server.ts";
import type { DropState, Outcome, Standing } from "./drop-state.ts";
import { fileAway, type FilingStep, freeTurn, isFiled } from "./file-away.ts";

/** What a delivery has come to, each told when it is so, and before what comes next is begun. */
export type Step = "surveyed" | "begun" | "sending" | "checking" | "completed" | "decided" | FilingStep | "done";

/** All that a drop works with. */
export interface DropParts {
  readonly server: DropServer;
  readonly connection: Pick<Connection, "api" | "upload">;
  readonly state: DropState;
  readonly study: string;
  /** The drop's folder, as the server names it. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Told of every step, with the delivery's id. */
  readonly tell: (id: string, step: Step, facts: { readonly packetId?: string | null; readonly code?: ErrorCode }) => void;
}

/** Where the data says that a site may not be brought for, or what can't be read as data: for the site to mend. */
const FINAL = ["packet.invalid", "policy.denied"] as const;

/**
 * Takes one delivery, or goes on with it: it is one packet, and filed once, whatever was broken off at whichever step.
 *
 * @returns how it was decided.
 * @throws SallyportError `drop.changed` where it has to be looked at again, and whatever stands in the way for now.
 */
export async function takeDelivery(parts: DropParts, name: string): Promise<Outcome> {
  const { server, state, root } = parts;
  const id = state.idOf(name);
  let standing = state.get(id);
  // What stands there under the name of one that was filed already is another one.
  if (standing?.outcome && (await isFiled(server, root, name, standing.outcome))) {
    state.forget(id);
    standing = null;
  }
  const decided = standing?.outcome ?? (await decide(parts, name, standing));
  const { packetId = null } = state.get(id) ?? {};
  await fileAway(server, root, name, decided, (step) => parts.tell(id, step, { packetId }));
  state.forget(id);
  parts.tell(id, "done", { packetId });
  return decided;
}

async function decide(parts: DropParts, name: string, known: Standing | null): Promise<Outcome> {
  const { server, state, root, tell } = parts;
  const id = state.idOf(name);
  const keep = async (standing: Standing, kind: Outcome["kind"], document: Outcome["document"]): Promise<Outcome> => {
    const outcome = { kind, turn: await freeTurn(server, root, kind, name), document };
    state.put(id, { ...standing, outcome });
    tell(id, "decided", { packetId: standing.packetId });
    return outcome;
  };
  const fresh = (files: readonly FileFacts[]): Standing => ({ key: `drop-${randomBytes(16).toString("hex")}`, packetId: null, files, outcome: null });
  const folder = `${root}/${name}`;
  let files: readonly Entry[];
  let standing: Standing;
  try {
    const delivered = await filesOf(server, folder);
    ({ files } = delivered);
    if (known !== null && !isOfLengths(files, known.files)) {
      await giveUp(parts, id, known);
      throw new SallyportError("drop.changed");
    }
    standing = known ?? fresh(await survey(server, folder, delivered));
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== "drop.delivery") throw error;
    await giveUp(parts, id, known);
    return await keep(fresh([]), "refused", refusalOf(error.code, { where: error.context["where"] as readonly string[] }));
  }
  tell(id, "surveyed", {});
  state.put(id, standing);
  try {
    const packet = await send(parts, folder, files, standing);
    tell(id, "completed", { packetId: packet.packetId });
    return await keep({ ...standing, packetId: packet.packetId }, "accepted", receiptOf(packet, standing));
  } catch (error) {
    if (hasCode(error, ...FINAL) && error.packetId !== undefined) {
      return await keep(
        { ...standing, packetId: error.packetId },
        "refused",
        refusalOf(error.code, { packetId: error.packetId, requestId: error.requestId, where: error.where ?? [], files: standing.files }),
      );
    }
    const isOther = error instanceof SallyportError && error.code === "drop.changed";
    // Bytes that aren't those that were hashed; or a packet that was given up meanwhile: the next round begins one anew.
    if (isOther || hasCode(error, "packet.digest", "packet.state")) {
      await giveUp(parts, id, state.get(id));
      throw new SallyportError("drop.changed", {}, error);
    }
    throw error;
  }
}

/** Sends what is missing; the upload's own key makes it the same packet each time. */
async function send({ server, connection, state, study, signal, tell }: DropParts, folder: string, files: readonly Entry[], standing: Standing): Promise<UploadedPacket> {
  const id = state.idOf(folder.slice(folder.lastIndexOf("/") + 1));
  let last: Step | null = null;
  return await connection.upload({
    study,
    files: files.map((file, at) => {
      const facts = standing.files[at] ?? { bytes: -1, sha256: "" };
      return {
        name: file.name,
        size: file.bytes,
        stream: asSurveyed(server, `${folder}/${file.name}`, file, facts),
        ...(facts.document !== undefined && { document: facts.document }),
      };
    }),
    idempotencyKey: standing.key,
    signal,
    onProgress({ packetId, phase, received }) {
      const step = last === null ? "begun" : phase;
      if (last === null) {
        tell(id, "begun", { packetId });
        state.put(id, { ...standing, packetId });
      }
      if (step === "sending" && received > 0) tell(id, step, { packetId });
      if (phase === "checking") tell(id, phase, { packetId });
      last = step;
    },
  });
}

/** Gives up what was begun, as well as it can be: what stays is swept after a day. */
export async function giveUp({ connection, state }: Pick<DropParts, "connection" | "state">, id: string, standing: Standing | null): Promise<void> {
  if (standing !== null && standing.packetId !== null && standing.outcome === null) {
    await connection.api.packets.abandon.mutate({ packetId: standing.packetId }).catch((error: unknown) => {
      if (!(error instanceof SallyportClientError)) throw error;
    });
  }
  state.forget(id);
}

const isOfLengths = (files: readonly Entry[], facts: readonly FileFacts[]): boolean => files.length === facts.length && files.every(({ bytes }, at) => bytes === facts[at]?.bytes);

/** For the site: what its delivery became. Files by their number in the order of their names. */
function receiptOf({ packetId, study, state, receivedAt, files }: UploadedPacket, standing: Standing): Outcome["document"] {
  const each = files.map(({ n, dataset, rows, bytes }) => ({ n, dataset, rows, bytes, sha256: standing.files[n - 1]?.sha256 ?? "" }));
  return { v: 1, outcome: "accepted", packetId, study, state, receivedAt, files: each };
}

function refusalOf(
  code: ErrorCode,
  facts: { readonly where?: readonly string[]; readonly requestId?: string; readonly packetId?: string; readonly files?: readonly FileFacts[] },
): Outcome["document"] {
  const { where = [], requestId, packetId, files = [] } = facts;
  const { message, remedy } = catalog[code];
  const named = { ...(packetId !== undefined && { packetId }), ...(requestId !== undefined && { requestId }) };
  return { v: 1, outcome: "refused", code, message, remedy, where, ...named, files: files.map((file, at) => ({ n: at + 1, ...file })) };
}
