import { parseIssueRequest } from "@sallyport/custody";
import type { OpenFoundingLink } from "@sallyport/custody/credentials";
import type { Certificates } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";

/** The channel to the process that started this one; only who starts the custodian may have certificates issued. */
export interface Channel {
  send(message: Readonly<Record<string, unknown>>): void;
  onMessage(listener: (message: unknown) => void): void;
}

const TYPES = new Set(["issue", "revoke", "founding", "authorities", "placed"]);

/**
 * Answers `issue`, `revoke`, `founding` (the links that are still open), `authorities` (whom to trust, and who issues) and `placed` (a certificate is where its
 * workload reads it) of the supervisor, while this process has the store. A message that is none of these is not answered.
 */
export function serveSupervisor(channel: Channel, certificates: Certificates, links: () => readonly OpenFoundingLink[], assertHeld: () => void): void {
  channel.onMessage((message) => {
    if (typeof message !== "object" || message === null) return;
    const { type, id, spiffe, csr, dns, x5t } = message as Readonly<Record<string, unknown>>;
    const act = async (): Promise<Readonly<Record<string, unknown>>> => {
      assertHeld();
      if (type === "issue") return { type: "issued", id, ...(await certificates.issue(parseIssueRequest({ csr, spiffe, dns }))) };
      if (type === "founding") return { type: "links", id, links: links() };
      if (type === "authorities") return { type, id, ca: certificates.caPem, issuing: certificates.issuingPem };
      if (type === "placed") {
        certificates.shown(String(x5t));
        return { type, id };
      }
      await certificates.revoke(String(spiffe));
      return { type: "revoked", id };
    };
    const answer = async (): Promise<Readonly<Record<string, unknown>>> => {
      const done = await act();
      assertHeld();
      return done;
    };
    const reply = async (): Promise<void> => channel.send(await answer().catch((error: unknown) => ({ type: "failed", id, code: codeOf(error) })));
    if (TYPES.has(String(type))) void reply();
  });
}
