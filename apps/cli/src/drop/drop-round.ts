import { SallyportClientError } from "@sallyport/client";
import { type ErrorCode, SallyportError } from "@sallyport/errors";
import { FILED, isDeliveryName, MARKER } from "./delivery.ts";
import { type DropParts, giveUp, takeDelivery } from "./take-delivery.ts";

/** What became of one delivery in a round. */
export interface Fate {
  /** The delivery, by the name that the drop's memory has for it. */
  readonly id: string;
  /** `waiting`: not complete, or not at rest; `failed`: something stands in the way for now. */
  readonly became: "accepted" | "refused" | "waiting" | "failed";
  readonly code: ErrorCode | null;
  readonly packetId: string | null;
  readonly where: readonly string[];
}

/** One look at the drop: takes, one after the other by name, what is complete there, and goes on with what was begun. */
export async function dropRound(parts: DropParts): Promise<readonly Fate[]> {
  const { server, state, root } = parts;
  const entries = await server.list(root);
  for (const folder of Object.values(FILED)) await server.makeFolder(`${root}/${folder}`);
  const folders = new Set(entries.filter(({ name, kind }) => kind === "folder" && isDeliveryName(name)).map(({ name }) => name));
  const marked = new Set(entries.filter(({ name, kind }) => kind === "file" && name.endsWith(MARKER)).map(({ name }) => name.slice(0, -MARKER.length)));
  const fates: Fate[] = [];
  for (const name of marked) {
    if (folders.has(name)) continue;
    // A link, a file, or a name that no delivery may have; or a marker alone, whose folder may be on its way.
    const isThere = entries.some((entry) => entry.name === name);
    fates.push({
      id: state.idOf(name),
      became: "waiting",
      code: isThere ? "drop.delivery" : null,
      packetId: null,
      where: isThere ? ["the delivery: its name, or what it is, is not taken"] : [],
    });
  }
  for (const name of [...folders].toSorted((a, b) => (a < b ? -1 : 1))) {
    const id = state.idOf(name);
    // A decided one is filed, with or without its marker; another one waits for it.
    if (!marked.has(name) && (state.get(id)?.outcome ?? null) === null) continue;
    parts.signal.throwIfAborted();
    fates.push(await fateOf(parts, name));
  }
  const present = new Set([...folders].map((name) => state.idOf(name)));
  for (const id of state.ids()) if (!present.has(id)) await giveUp(parts, id, state.get(id));
  return fates;
}

async function fateOf(parts: DropParts, name: string): Promise<Fate> {
  const id = parts.state.idOf(name);
  try {
    const { kind, document } = await takeDelivery(parts, name);
    const { packetId, code, where } = document as { readonly packetId?: string; readonly code?: ErrorCode; readonly where?: readonly string[] };
    return { id, became: kind, code: code ?? null, packetId: packetId ?? null, where: where ?? [] };
  } catch (error) {
    parts.signal.throwIfAborted();
    if (!(error instanceof SallyportError) && !(error instanceof SallyportClientError)) throw error;
    if (error.code === "sftp.unreachable") throw error;
    const packetId = parts.state.get(id)?.packetId ?? null;
    return { id, became: error.code === "drop.changed" ? "waiting" : "failed", code: error.code, packetId, where: [] };
  }
}
