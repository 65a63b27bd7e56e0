import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { lockHome } from "@sallyport/app-host";
import { parseVkey } from "@sallyport/audit";
import { plainJson, SallyportError } from "@sallyport/errors";
import { type Command, type Invocation, optionText } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";
import { Witness } from "../witness/witness.ts";
import { WitnessHome } from "../witness/witness-home.ts";
import { witnessServer } from "../witness/witness-server.ts";

const PORT = 8338;
const NAME = /^[!-*,-~]{1,200}$/;

/** `sallyport witness`: an independent process that keeps a deployment from taking its trail back. */
export const witness: Command = {
  usage: "witness --home DIR --name NAME --log VKEY[,VKEY] [--port N] [--host HOST] [--tls-cert FILE --tls-key FILE]",
  help: [
    "Cosigns a deployment's checkpoints where each continues the one before (C2SP tlog-witness): run it on a machine of somebody else's, a",
    "sponsor's, say. --log is the deployment's verifier key, from `sallyport status`, and the next one beside it before that is put in use; --name is how the witness is called, a host and a path as in",
    "witness.example/w1. Its key is made in --home at the first start; the deployment's operator puts the verifier key that it prints, and",
    "the address, into the anchors file. It needs no database, no account and no access to anything. Without --tls-cert it speaks plain HTTP on",
    "localhost, for something that ends TLS in front. Two signed checkpoints that contradict each other are kept in --home/contradictions: together",
    "they prove two histories. A request whose proof is merely wrong is refused, and proves nothing.",
  ].join("\n"),
  options: {
    home: { type: "string" },
    name: { type: "string" },
    log: { type: "string" },
    port: { type: "string" },
    host: { type: "string" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
  },
  takes: [0, 0],
  run: async (invocation) => {
    const [home, name, log] = ["home", "name", "log"].map((option) => optionText(invocation, option));
    if (home === undefined || name === undefined || log === undefined || !NAME.test(name)) throw new UsageError(`usage: sallyport ${witness.usage}`);
    const logs = log.split(",");
    for (const each of logs) assertVkey(each);
    const port = Number(optionText(invocation, "port") ?? PORT);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError("--port takes a whole number from 0 to 65535");
    const folder = resolve(invocation.settings.workingDir, home);
    const kept = new WitnessHome(folder);
    const unlock = await lockHome(`${folder}/lock`, "--home");
    try {
      const { signer, vkey } = kept.signer(name);
      const server = witnessServer({
        witness: new Witness(signer, logs, kept, () => Math.floor(Date.now() / 1000)),
        tls: tlsOf(invocation),
        log: (line) => invocation.io.err(`${line}\n`),
      });
      const ended = new Promise<void>((resolveEnd, reject) => {
        server.once("close", resolveEnd);
        server.once("error", (error) => reject(new SallyportError("port.taken", { setting: "--port", port }, error)));
      });
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        process.once(signal, () => {
          server.close();
          server.closeAllConnections();
        });
      }
      server.listen(port, optionText(invocation, "host") ?? "localhost", () => {
        const address = server.address() as AddressInfo;
        invocation.io.out(invocation.isJson ? `${plainJson({ port: address.port, key: vkey })}\n` : `ready on port ${address.port}\nkey ${vkey}\n`);
      });
      await ended;
      return EXIT.done;
    } finally {
      unlock();
    }
  },
};

function assertVkey(log: string): void {
  try {
    parseVkey(log);
  } catch {
    throw new UsageError("--log takes the deployment's verifier key, as `sallyport status` shows it");
  }
}

function tlsOf(invocation: Invocation): { readonly cert: string; readonly key: string } | null {
  const [cert, key] = [optionText(invocation, "tls-cert"), optionText(invocation, "tls-key")];
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) throw new UsageError("--tls-cert and --tls-key go together");
  const read = (path: string): string => readFileSync(resolve(invocation.settings.workingDir, path), "utf8");
  return { cert: read(cert), key: read(key) };
}
