import { isAbsolute } from "node:path";
import { isOutboundUrl, PlanFile } from "@sallyport/outbound";
import { alertKinds } from "@sallyport/policy";
import { z } from "zod";
import type { AlertRoute, PersonalMail } from "./alert.ts";
import { mailRoute, personalMail } from "./mail-route.ts";
import { webhookRoute } from "./webhook-route.ts";
import { webhookKey } from "./webhook-signature.ts";

const DEADLINE_MS = 10_000;
const FILE = new PlanFile("SALLYPORT_ALERTS_FILE", "docs/runbooks/alerts.md");
// What begins with `per.` names a person.
const name = z.string().regex(/^(?!per\.)[a-z0-9][a-z0-9.-]{0,39}$/);
const Path = z.string().max(1000).refine(isAbsolute);
const Address = z.string().max(500).refine(isOutboundUrl);
const kinds = z.array(z.enum(alertKinds)).min(1).optional();
const mail = {
  name,
  host: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/),
  port: z.int().min(1).max(65_535),
  tls: z.enum(["implicit", "starttls", "none"]).default("starttls"),
  user: z.string().min(1).max(320).optional(),
  from: z.email(),
  to: z.array(z.email()).min(1).max(20),
  /** Whether people are told through it of what is done in their names, at addresses of their own. */
  people: z.boolean().default(false),
  kinds,
};

/** What an operator writes into the file that `SALLYPORT_ALERTS_FILE` names. Secrets and certificates are in files of their own. */
const Written = z.strictObject({
  webhooks: z
    .array(z.strictObject({ name, url: Address, secretFiles: z.array(Path).min(1).max(3), caFile: Path.optional(), kinds }))
    .max(8)
    .default([]),
  mail: z
    .array(z.strictObject({ ...mail, passwordFile: Path.optional(), caFile: Path.optional() }))
    .max(8)
    .default([]),
});

/** The same as it is handed to the api, in a file of its own: with the secrets and certificates in it. */
const Plan = z.strictObject({
  webhooks: z.array(z.strictObject({ name, url: Address, secrets: z.array(z.string()).min(1), ca: z.string().optional(), kinds })),
  mail: z.array(z.strictObject({ ...mail, password: z.string().optional(), ca: z.string().optional() })),
});

/** Who is told, and how. It holds secrets. */
export type AlertPlan = z.infer<typeof Plan>;

/** How a plan's files are read. */
export interface PlanFiles {
  readonly read: (path: string) => string;
  /** @throws SallyportError `secret.missing` or `secret.exposed`, which names the file. */
  readonly readSecret: (path: string) => string;
}

/**
 * Reads what an operator wrote.
 * @throws SallyportError `setting.invalid`, which names the member; `secret.*`, which names the file. No secret is ever in one.
 */
export function readWrittenAlerts(json: string, { read, readSecret }: PlanFiles): AlertPlan {
  const written = FILE.parse(Written, json);
  const plan: AlertPlan = {
    webhooks: written.webhooks.map(({ secretFiles, caFile, ...rest }) => ({
      ...rest,
      secrets: secretFiles.map((file) => checkedSecret(file, readSecret)),
      ...(caFile !== undefined && { ca: FILE.certificates(caFile, read) }),
    })),
    mail: written.mail.map(({ passwordFile, caFile, ...rest }) => ({
      ...rest,
      ...(passwordFile !== undefined && { password: readSecret(passwordFile) }),
      ...(caFile !== undefined && { ca: FILE.certificates(caFile, read) }),
    })),
  };
  const names = [...plan.webhooks, ...plan.mail].map((route) => route.name);
  if (names.length === 0) throw FILE.invalid("it names nobody");
  if (new Set(names).size < names.length) throw FILE.invalid("it uses a name twice");
  if (plan.mail.filter(({ people }) => people).length > 1) throw FILE.invalid("people are told through one mail server at most");
  for (const { host, tls, user, password } of plan.mail) {
    if (tls === "none" && host !== "localhost" && host !== "127.0.0.1") throw FILE.invalid("mail without TLS goes to this machine alone");
    if ((user === undefined) !== (password === undefined)) throw FILE.invalid("a mail server has a user and a password file, or neither");
    if (tls === "none" && user !== undefined) throw FILE.invalid("a password goes over TLS alone");
  }
  return plan;
}

/** Reads what {@link readWrittenAlerts} gave, as it was handed over. @throws SallyportError `setting.invalid`. */
export const readAlerts = (json: string): AlertPlan => FILE.parse(Plan, json);

/** Where alerts go, in the plan's order; nowhere without one. */
export const routesOf = (plan: AlertPlan | null): readonly AlertRoute[] => [
  ...(plan?.webhooks ?? []).map((settings) => webhookRoute({ ...settings, deadlineMs: DEADLINE_MS })),
  ...(plan?.mail ?? []).map((settings) => mailRoute({ ...settings, deadlineMs: DEADLINE_MS })),
];

/** How people are told at addresses of their own; null where no server is for it. */
export function personalMailOf(plan: AlertPlan | null): PersonalMail | null {
  const server = plan?.mail.find(({ people }) => people);
  return server === undefined ? null : personalMail({ ...server, deadlineMs: DEADLINE_MS });
}

function checkedSecret(file: string, readSecret: (path: string) => string): string {
  const secret = readSecret(file);
  webhookKey(secret, file);
  return secret;
}
