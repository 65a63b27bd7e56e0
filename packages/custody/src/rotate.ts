import type { DataKeys } from "./data-keys.ts";
import { parseRotateCall } from "./rotate-codec.ts";
import type { RingKeeper } from "./ring-keeper.ts";

/** Verb `rotate`: how the rings stand, one step of one, or data keys wrapped anew. */
export async function rotate(rings: RingKeeper, dataKeys: DataKeys, payload: Buffer): Promise<string> {
  const request = parseRotateCall(payload);
  switch (request.kind) {
    case "rings":
      return JSON.stringify({ rings: await rings.rings(), root: await dataKeys.root(), certificates: rings.certificates() });
    case "step":
      return JSON.stringify(await rings.step(request));
    case "rewrap":
      return JSON.stringify({ keys: await dataKeys.rewrap(request.items) });
  }
}
