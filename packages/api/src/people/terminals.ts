import type { TerminalBeginOutput, TerminalPollOutput } from "@sallyport/contracts";
import { type RandomBytes, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { carriesPeople } from "@sallyport/zones";
import type { z } from "zod";
import { type Asking, newSecret, type PeopleDeps } from "./people-deps.ts";
import { Sessions } from "./session-opening.ts";

/** Twenty letters that spell no words and look like no digits (RFC 8628 §6.1): eight of them are 34 bits, for ten minutes. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const CODE_LENGTH = 8;
const WAIT_MS = 10 * 60_000;
const INTERVAL_S = 2;

/** Terminals: each asks for a session, and its person confirms it where they are signed in already. */
export class Terminals<Tx> {
  readonly #deps: PeopleDeps<Tx>;
  readonly #sessions: Sessions<Tx>;

  constructor(deps: PeopleDeps<Tx>) {
    this.#deps = deps;
    this.#sessions = new Sessions(deps);
  }

  async begin({ peer }: Asking): Promise<z.output<typeof TerminalBeginOutput>> {
    assertTerminal(peer.spiffe);
    const { now, random, stores } = this.#deps;
    const deviceCode = newSecret(random);
    const userCode = newUserCode(random);
    const expiresMs = now() + WAIT_MS;
    await stores.terminals.ask({ deviceHash: sha256Hex(deviceCode), userHash: sha256Hex(userCode), workload: peer.spiffe, expiresMs });
    return { deviceCode, userCode, expiresAt: new Date(expiresMs).toISOString(), intervalSeconds: INTERVAL_S };
  }

  /** What became of it. What is unknown, or was waited for too long, is refused. */
  async poll(deviceCode: string, asking: Asking): Promise<z.output<typeof TerminalPollOutput>> {
    assertTerminal(asking.peer.spiffe);
    const { now, stores } = this.#deps;
    const deviceHash = sha256Hex(deviceCode);
    const found = await stores.terminals.state(deviceHash, now());
    if (found === null || found.workload !== asking.peer.spiffe || found.state === "refused") return { state: "refused" };
    if (found.state === "pending") return { state: "pending" };
    const [person, confirmedIn] = [
      found.person === null ? null : await stores.people.byId(found.person),
      found.session === null ? null : await stores.sessions.byId(found.session),
    ];
    // Whoever has signed out, or was stopped, since they confirmed has changed their mind.
    if (person === null || confirmedIn === null || confirmedIn.ended !== null) return { state: "refused" };
    const granted = await this.#sessions.open({ person, method: confirmedIn.method, action: "terminal.grant", use: (tx) => stores.terminals.take(tx, deviceHash) }, asking);
    return granted === null ? { state: "refused" } : { state: "granted", granted };
  }
}

function assertTerminal(spiffe: string): void {
  if (carriesPeople(spiffe) !== "terminal") throw new SallyportError("workload.not_allowed");
}

function newUserCode(random: RandomBytes): string {
  let code = "";
  // Bytes above the last whole multiple would favour the first letters.
  while (code.length < CODE_LENGTH) for (const byte of random(CODE_LENGTH)) if (byte < 240 && code.length < CODE_LENGTH) code += LETTERS[byte % LETTERS.length];
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}
