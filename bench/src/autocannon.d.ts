declare module "autocannon" {
  import type { ConnectionOptions } from "node:tls";

  interface Request {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }

  interface Client {
    setRequests(requests: readonly Request[]): void;
    on(event: "response", listener: (status: number) => void): this;
  }

  /** The part of its options that is used here. */
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly tlsOptions?: ConnectionOptions;
    readonly setupClient: (client: Client) => void;
  }

  interface Result {
    readonly non2xx: number;
    readonly errors: number;
    readonly timeouts: number;
  }

  export default function autocannon(options: Options): Promise<Result>;
}
