import { parseIssueRequest } from "@sallyport/custody";
import type { OpenFoundingLink } from "@sallyport/custody/credentials";
import { codeOf } from "@sallyport/errors";
import type { Certificates } from "./certificates.ts";

/** The channel to the process that started this one; only who starts the custodian may have certificates issued. */
export interface Channel {
  send(message: Readonly<Record<string, unknown>>): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** Answers `issue`, `revoke` and `founding` (the links that are still open) of the supervisor. A message that is none of these is not answered. */
export function serveSupervisor(channel: Channel, certificates: Certificates, links: () => readonly OpenFoundingLink[]): void {
  channel.onMessage((message) => {
    if (typeof message !== "object" || message === null) return;
    const { type, id, spiffe, csr, dns } = message as Readonly<Record<string, unknown>>;
    const answer = async (): Promise<Readonly<Record<string, unknown>>> => {
      if (type === "issue") return { type: "issued", id, ...(await certificates.issue(parseIssueRequest({ csr, spiffe, dns }))) };
      if (type === "founding") return { type: "links", id, links: links() };
      await certificates.revoke(String(spiffe));
      return { type: "revoked", id };
    };
    const reply = async (): Promise<void> => channel.send(await answer().catch((error: unknown) => ({ type: "failed", id, code: codeOf(error) })));
    if (type === "issue" || type === "revoke" || type === "founding") void reply();
  });
}
