import { SallyportError } from "@sallyport/errors";
import type { StatusDesk } from "./status/status-desk.ts";

const PLACE = Symbol.for("sallyport.console.status-desk");
const place = globalThis as { [PLACE]?: StatusDesk };

/**
 * Hands the desk from the process that listens to the pages that Next bundles apart from it. So the bundle holds no TLS code and reads no
 * setting, and all pages share one desk.
 */
export function provideDesk(desk: StatusDesk): void {
  place[PLACE] = desk;
}

/** The process's desk. @throws SallyportError `internal` when a page runs outside of `dist/server.js`. */
export function statusDesk(): StatusDesk {
  const desk = place[PLACE];
  if (desk === undefined) throw new SallyportError("internal", { missing: "status desk" });
  return desk;
}
