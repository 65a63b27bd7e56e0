import { join } from "node:path";
import { connect } from "@sallyport/client";
import { portalOf } from "@sallyport/delivery";
import { codeOf, SallyportError } from "@sallyport/errors";
import { Egress } from "./egress.ts";
import { readSettings } from "./settings.ts";

const log = (event: string, facts: Readonly<Record<string, unknown>> = {}): void =>
  void process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...facts })}\n`);

try {
  const { api, identityDir, trustDomain, plan } = readSettings();
  const file = (name: string): string => join(identityDir, name);
  const connection = connect({ api, trustDomain, key: file("key.pem"), cert: file("cert.pem"), ca: file("ca.pem") });
  const egress = new Egress({ connection, portalOf: (settings) => portalOf(plan, settings), tell: () => undefined, log });
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  process.once("disconnect", () => stop.abort());
  process.send?.({ type: "ready" });
  await egress.run(stop.signal);
  await connection.close();
  process.exit(0);
} catch (error) {
  const context = error instanceof SallyportError ? error.context : {};
  log("start.failed", { code: codeOf(error), ...context });
  process.send?.({ type: "failed", code: codeOf(error), context });
  process.exit(1);
}
