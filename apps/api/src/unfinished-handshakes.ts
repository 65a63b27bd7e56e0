import type { Socket } from "node:net";

/** A network's address, so that one that has 2^64 of them counts once (RFC 4291 §2.5.4). */
const networkOf = (address: string): string => (address.includes(":") && !address.includes(".") ? address.split(":").slice(0, 4).join(":") : address);

/**
 * Connections that have not proven a workload yet, by network. Beyond the limit the oldest one of that network is dropped, never the
 * newest refused: a handshake takes milliseconds, so a flood of connections that prove nothing drops its own.
 */
export class UnfinishedHandshakes {
  readonly #max: number;
  readonly #byNetwork = new Map<string, Map<number, Socket>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a new connection in; answers whether an older one was dropped for it. */
  begin(socket: Socket): boolean {
    const network = networkOf(socket.remoteAddress ?? "-");
    const port = socket.remotePort ?? 0;
    const waiting = this.#byNetwork.get(network) ?? new Map<number, Socket>();
    this.#byNetwork.set(network, waiting);
    waiting.set(port, socket);
    socket.once("close", () => this.#remove(network, port, socket));
    if (waiting.size <= this.#max) return false;
    const [oldest] = waiting.values();
    oldest?.destroy();
    return true;
  }

  /** A handshake of this address and port was finished. */
  end(address: string | undefined, port: number | undefined): void {
    this.#remove(networkOf(address ?? "-"), port ?? 0);
  }

  #remove(network: string, port: number, socket?: Socket): void {
    const waiting = this.#byNetwork.get(network);
    if (waiting === undefined || (socket !== undefined && waiting.get(port) !== socket)) return;
    waiting.delete(port);
    if (waiting.size === 0) this.#byNetwork.delete(network);
  }
}
