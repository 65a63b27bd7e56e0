import { connect, createServer, type Server, type Socket } from "node:net";

type Direction = "to server" | "to client";

/** Stands between a client and a server, and loses or holds what it is told to. */
export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #trap: { readonly direction: Direction; readonly after: (chunk: Buffer) => boolean; readonly sprung: () => void } | null = null;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Opens one in front of a local port. */
  static async before(target: number): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const proxy = new FaultProxy(server, typeof address === "object" && address !== null ? address.port : 0);
    server.on("connection", (near) => proxy.#join(near, target));
    return proxy;
  }

  /** Ends every connection and takes no more, until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /**
   * Lets nothing more through, in one direction, on the connection on which the client sends what `asked` matches: `to server` holds
   * that very chunk back, `to client` lets it through and holds the answer. Resolves when something is held.
   */
  hold(direction: Direction, asked: (chunk: Buffer) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#trap = { direction, after: asked, sprung: resolve };
    });
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, target: number): void {
    if (this.#isCut) return void near.destroy();
    const far = connect(target, "127.0.0.1");
    let held: Direction | null = null;
    let isSprung = (): void => undefined;
    near.on("data", (chunk) => {
      const trap = this.#trap;
      if (trap !== null && held === null && trap.after(chunk)) {
        held = trap.direction;
        isSprung = trap.sprung;
        this.#trap = null;
        if (held === "to server") isSprung();
      }
      if (held !== "to server") far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (held === "to client") isSprung();
      else near.write(chunk);
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    return undefined;
  }
}

/** A database URL that leads through a proxy. */
export function through(url: string, proxy: FaultProxy): string {
  const changed = new URL(url);
  changed.port = String(proxy.port);
  return changed.href;
}
