import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Arrived, listen, type Listener, type Reply, testDeployment, token } from "@sallyport/client/testing";
import { run } from "../src/run.ts";

export interface Ended {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** A user's terminal: a folder to stand in, a home with at most one profile, and a listener behind that profile. */
export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), "sallyport-cli-"));
  home = join(this.folder, "home");
  trustDomain = "";
  #listener: Listener | null = null;

  constructor() {
    mkdirSync(join(this.home, "profiles"), { recursive: true, mode: 0o700 });
  }

  /** Makes the profile `engineer` and answers for the api; token requests are answered by themselves. */
  async serve(reply: (request: Arrived) => Reply): Promise<Listener> {
    const deployment = testDeployment();
    const listener = await listen(deployment.apiIdentity(), (request) => (request.path === "/token" ? token() : reply(request)));
    deployment.pointAt(listener.port);
    renameSync(deployment.profile, join(this.home, "profiles", "engineer"));
    rmSync(dirname(deployment.profile), { recursive: true, force: true });
    this.trustDomain = deployment.trustDomain;
    this.#listener = listener;
    return listener;
  }

  /** Runs one line. */
  async type(line: readonly string[], { stdin = "", out: onOut }: { stdin?: string; out?: (text: string) => void } = {}): Promise<Ended> {
    let [out, err] = ["", ""];
    const io = {
      out: (text: string) => {
        onOut?.(text);
        out += text;
      },
      err: (text: string) => void (err += text),
      stdin: async function* () {
        yield stdin;
      },
    };
    const exit = await run(line, { home: this.home, workingDir: this.folder, repoRoot: this.folder, rootWrapper: () => null }, io);
    return { exit, out, err };
  }

  async close(): Promise<void> {
    await this.#listener?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
