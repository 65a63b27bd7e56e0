import { type FrameHandler, listenFrames } from "@sallyport/custody";
import type { Certificates } from "@sallyport/custody/keys";
import { SallyportError } from "@sallyport/errors";
import { socketPeer } from "@sallyport/pki";
import { mayReach } from "@sallyport/zones";

const RENEWAL_CHECK_MS = 60_000;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly trustDomain: string;
  readonly certificates: Certificates;
  readonly handle: FrameHandler;
  readonly now: () => number;
}

/**
 * Listens with a certificate of its own, renewed at two thirds of its life, for the api alone: that it is the api, and that its
 * certificate was issued here, is in date and isn't revoked, is looked at before every frame.
 *
 * @throws `port.taken`.
 */
export async function listen({ host, port, trustDomain, certificates, handle, now }: ListenerOptions): Promise<{ readonly port: number; close(): void }> {
  let own = await certificates.issueOwn();
  let issuedMs = now();
  const listener = await listenFrames({
    host,
    port,
    identity: own.identity,
    handle,
    admit(socket) {
      const { spiffe, x5t } = socketPeer(socket, { trustDomain, nowMs: now() });
      if (!mayReach(spiffe, "custodian") || !certificates.isInForce(spiffe, x5t)) throw new SallyportError("workload.not_allowed", { spiffe });
    },
  });
  const renew = async (): Promise<void> => {
    own = await certificates.issueOwn();
    issuedMs = now();
    listener.setIdentity(own.identity);
  };
  // One that failed is tried again at the next check, a third of a life before it would matter.
  const isDue = (): boolean => now() - issuedMs >= ((own.notAfterS * 1000 - issuedMs) * 2) / 3 || own.identity.caPem !== certificates.caPem;
  const renewal = setInterval(() => void (isDue() ? renew().catch(() => undefined) : undefined), RENEWAL_CHECK_MS).unref();
  // Another authority issues, or is trusted: at once, so that who has heard of it isn't shown the one before.
  const forget = certificates.onChange(() => void renew().catch(() => undefined));
  return {
    port: listener.port,
    close() {
      clearInterval(renewal);
      forget();
      listener.close();
    },
  };
}
