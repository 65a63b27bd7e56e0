import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { connectCustodian, type CustodianClient } from "@sallyport/custody";
import { createRequest } from "@sallyport/pki";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
type Message = Readonly<Record<string, unknown>>;

export interface Started {
  readonly child: ChildProcess;
  readonly ready: Message;
  readonly stderr: () => string;
  /** The next message of this type. */
  readonly says: (type: string) => Promise<Message>;
  readonly ask: (message: Message) => Promise<Message>;
}

/** Starts a custodian, and returns with what it said first beside who it is: `ready`, `standby` or `failed`. */
export async function launch(home: string, databaseUrl: string, env: Readonly<Record<string, string>> = {}, program = MAIN): Promise<Started> {
  const file = `${home}/database.url`;
  if (!existsSync(file)) writeFileSync(file, databaseUrl, { mode: 0o600 });
  const child = fork(program, [], {
    silent: true,
    env: {
      SALLYPORT_CUSTODIAN_HOME: home,
      SALLYPORT_CUSTODIAN_ADDRESS: "127.0.0.1:0",
      SALLYPORT_CUSTODIAN_DATABASE_URL_FILE: file,
      SALLYPORT_CONSOLE_ORIGIN: "http://localhost:3000",
      ...env,
    },
  });
  let stderr = "";
  child.stderr?.on("data", (part) => (stderr += String(part)));
  onTestFinished(() => void child.kill("SIGKILL"));
  const heard: Message[] = [];
  child.on("message", (message: Message) => heard.push(message));
  const ready = await new Promise<Message>((resolve, reject) => {
    // It says who it is before it listens, so that its supervisor can prepare the database for it.
    child.on("message", (message: Message) => message["type"] !== "hello" && resolve(message));
    child.once("exit", () => reject(new Error(stderr)));
  });
  return {
    child,
    ready,
    stderr: () => stderr,
    async says(type) {
      const at = (): number => heard.findIndex((message) => message["type"] === type);
      while (at() < 0) await once(child, "message", { signal: AbortSignal.timeout(25_000) });
      return heard.splice(at(), 1)[0] as Message;
    },
    async ask(message) {
      child.send(message);
      const [answer] = (await once(child, "message")) as [Message];
      return answer;
    },
  };
}

/** A client of the one that serves, as the api is one. */
export async function clientOf({ ready, ask }: Started): Promise<CustodianClient> {
  const { csrPem, keyPem } = createRequest();
  const trustDomain = String(ready["trustDomain"]);
  const issued = await ask({ type: "issue", id: 1, spiffe: `spiffe://${trustDomain}/zone/application/api`, csr: csrPem, dns: ["localhost"] });
  const identity = { keyPem, certPem: String(issued["cert"]), caPem: String(issued["ca"]) };
  const client = connectCustodian({
    host: "127.0.0.1",
    port: Number(ready["port"]),
    identity: { current: () => identity, onChange: () => undefined },
    custodianSpiffe: `spiffe://${trustDomain}/zone/data/custodian`,
  });
  onTestFinished(() => client.close());
  return client;
}
