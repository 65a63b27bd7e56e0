import { SallyportError } from "@sallyport/errors";
import type { AlertKind } from "@sallyport/policy";
import { createTransport } from "nodemailer";
import { type Alert, type AlertRoute, type PersonalMail, takesOf } from "./alert.ts";
import { alertMail } from "./alert-message.ts";

export interface MailSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `none` on this machine alone. */
  readonly tls: "implicit" | "starttls" | "none";
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly ca?: string | undefined;
  readonly kinds?: readonly AlertKind[] | undefined;
  readonly deadlineMs: number;
}

type MailServer = Omit<MailSettings, "name" | "to" | "kinds">;

/** Mail through one server. An alert is delivered once the server has taken it for everybody that it goes to. */
export const mailRoute = ({ name, to, kinds, ...server }: MailSettings): AlertRoute => ({
  kind: "mail",
  name,
  takes: takesOf(kinds),
  deliver: (alert) => deliver(server, alert, { name, to }),
});

/** The same server for people, one at a time. */
export const personalMail = (server: MailServer): PersonalMail => ({
  deliver: (alert, { route, address }) => deliver(server, alert, { name: route, to: [address] }),
});

async function deliver(server: MailServer, alert: Alert, { name, to }: Pick<MailSettings, "name" | "to">): Promise<void> {
  const { subject, text } = alertMail(alert);
  const transport = createTransport(transportOf(server));
  try {
    const sending = transport.sendMail({
      from: server.from,
      to: [...to],
      subject,
      text,
      // The same however often it is sent: a reader's mailbox shows one.
      messageId: `<${alert.id}.${name}@${alert.deployment}.sallyport>`,
      date: new Date(alert.atMs),
      headers: { "Auto-Submitted": "auto-generated" },
    });
    const { rejected } = await within(sending, 2 * server.deadlineMs);
    if (rejected.length > 0) throw new SallyportError("alert.refused", { route: name, refused: rejected.length });
  } catch (error) {
    throw asFailure(error, name);
  } finally {
    transport.close();
  }
}

const transportOf = ({ host, port, tls, user, password, ca, deadlineMs }: MailServer) => ({
  host,
  port,
  secure: tls === "implicit",
  requireTLS: tls === "starttls",
  ignoreTLS: tls === "none",
  tls: { minVersion: "TLSv1.2" as const, ...(ca !== undefined && { ca }) },
  ...(user !== undefined && { auth: { user, pass: password ?? "" } }),
  connectionTimeout: deadlineMs,
  greetingTimeout: deadlineMs,
  socketTimeout: deadlineMs,
  dnsTimeout: deadlineMs,
  disableFileAccess: true,
  disableUrlAccess: true,
});

/** A server that answers a line now and then stays within each of its own limits, and not within this one. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("too late")), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the server said with a code of its own is a refusal; whatever else went wrong, it wasn't reached. Its words stay here. */
function asFailure(error: unknown, route: string): SallyportError {
  if (error instanceof SallyportError) return error;
  const status = typeof error === "object" && error !== null && "responseCode" in error ? Number(error.responseCode) : 0;
  return status > 0 ? new SallyportError("alert.refused", { route, status }, error) : new SallyportError("service.unavailable", { route }, error);
}
