import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRequest, enrolmentProof, type Identity, isIssuedBy, readServiceCode, renewalProof, writeIdentity } from "@sallyport/pki";
import { request as httpRequest } from "undici";
import { failureOf, SallyportClientError } from "./client-error.ts";
import { ConnectionFault } from "./connection-fault.ts";
import { readCredentials } from "./credentials.ts";
import { targetOf } from "./profile.ts";
import { DEADLINE_MS } from "./retry.ts";
import { Transport } from "./transport.ts";

/** How a service enrols: with its code, at the deployment's console. */
export interface EnrolOptions {
  /** The code as an administrator was shown it. It never leaves this process. */
  readonly code: string;
  /** Where people reach the console: `https://…`, or plain `http` for localhost alone. */
  readonly console: string;
  /** Where the service is to reach the api. */
  readonly api: string;
  /** The profile's folder, which is made; the key is made for it and never leaves it. */
  readonly folder: string;
  /** Called each time in which nobody has approved yet, before it is asked again. */
  readonly waiting: () => Promise<void>;
}

/** What a service has now. */
export interface ServiceCertificate {
  readonly service: string;
  readonly workload: string;
  readonly notAfter: string;
}

interface Issued {
  readonly certificate: string;
  readonly authorities: string;
  readonly workload: string;
  readonly trustDomain: string;
  readonly notAfter: string;
}

/** How often an answer that was lost is asked for again: the same request is the same use of the code. */
const TRIES = 5;
const RENEW_AFTER = 2 / 3;

/**
 * Enrols a service: makes its key, proves to hold the code, and writes the profile's folder.
 *
 * @throws SallyportClientError `setting.invalid` for a code or an address that is none; `workload.code` for a code that isn't good;
 * `workload.request`; `connection.untrusted` for an answer that isn't a certificate of this key and service.
 */
export async function enrolService({ code: text, console: origin, api, folder, waiting }: EnrolOptions): Promise<ServiceCertificate> {
  const code = readServiceCode(text);
  if (code === null) throw new SallyportClientError("setting.invalid", { where: ["code"] });
  const front = consoleOrigin(origin);
  targetOf({ api, trustDomain: "x", key: "", cert: "", ca: "" });
  const { csrPem: csr, keyPem } = createRequest();
  const body = JSON.stringify({ service: code.service, codeKey: code.codeKey, csr, proof: enrolmentProof(code, csr) });
  for (let lost = 0; ; ) {
    let answer: { readonly state?: string } & Partial<Issued>;
    try {
      answer = await ask(front, body);
    } catch (error) {
      if (!(error instanceof ConnectionFault) || ++lost >= TRIES) throw error instanceof ConnectionFault ? new SallyportClientError(error.code, { cause: error }) : error;
      await waiting();
      continue;
    }
    if (answer.state === "waiting") {
      await waiting();
      continue;
    }
    const issued = assertOwn(answer, keyPem, code.service);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeIdentity(folder, identityOf(issued, keyPem));
    const profile = { name: code.service, api, workload: issued.workload, trustDomain: issued.trustDomain };
    writeFileSync(join(folder, "profile.json"), `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 });
    return { service: code.service, workload: issued.workload, notAfter: issued.notAfter };
  }
}

/**
 * Renews a service's certificate with a new key, at two thirds of its life; earlier where `isDue` is said. Null where it isn't due. The files are
 * replaced at once; connections of this package follow them by themselves.
 *
 * @throws SallyportClientError `workload.revoked` where the present one has ended: then the service enrols anew. `token.revoked` while it is stopped.
 */
export async function renewService({ profile, isDue = false }: { readonly profile: string; readonly isDue?: boolean }): Promise<ServiceCertificate | null> {
  const { api, trustDomain, paths } = targetOf({ profile });
  const { identity, notAfterMs } = readCredentials(paths);
  const present = new X509Certificate(identity.certPem);
  const fromMs = Date.parse(present.validFrom);
  if (notAfterMs <= Date.now()) throw new SallyportClientError("workload.revoked", { where: [paths.cert] });
  if (!isDue && Date.now() < fromMs + (notAfterMs - fromMs) * RENEW_AFTER) return null;
  const workload = present.subjectAltName?.replace(/^URI:/, "") ?? "";
  const { csrPem: csr, keyPem } = createRequest();
  const body = JSON.stringify({ csr, certificate: identity.certPem, proof: renewalProof(identity.keyPem, workload, csr) });
  const transport = new Transport(api, trustDomain, identity);
  try {
    const answer = await transport.send({ method: "POST", path: "/renew", body, isAlone: true }, AbortSignal.timeout(DEADLINE_MS));
    if (answer.status !== 200) throw failureOf(answer.status, answer.body);
    const service = workload.slice(workload.lastIndexOf("/") + 1);
    const issued = assertOwn(parsed(answer.body), keyPem, service);
    writeIdentity(profile, identityOf(issued, keyPem));
    return { service, workload, notAfter: issued.notAfter };
  } catch (error) {
    throw error instanceof ConnectionFault ? new SallyportClientError(error.code, { cause: error }) : error;
  } finally {
    await transport.close();
  }
}

async function ask(front: URL, body: string): Promise<{ readonly state?: string } & Partial<Issued>> {
  let status: number;
  let text: string;
  try {
    const answer = await httpRequest(new URL("/api/session/enrol-service", front), {
      method: "POST",
      headers: { origin: front.origin, "x-sallyport": "1", "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    status = answer.statusCode;
    text = await answer.body.text();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const kind = /CERT|SIGNATURE|ALTNAME|SSL/.test(code) ? "untrusted" : code === "ECONNREFUSED" ? "refused" : "reset";
    if (kind === "untrusted") throw new SallyportClientError("connection.untrusted", error instanceof Error ? { cause: error } : {});
    throw new ConnectionFault(kind, error);
  }
  if (status !== 200) throw failureOf(status, text);
  return parsed(text);
}

function consoleOrigin(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOurs = url !== null && (url.protocol === "https:" || (url.protocol === "http:" && url.hostname === "localhost"));
  if (url === null || !isOurs || url.pathname !== "/" || url.search !== "" || url.username !== "") throw new SallyportClientError("setting.invalid", { where: ["console"] });
  return url;
}

function parsed(body: string): { readonly state?: string } & Partial<Issued> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    throw new SallyportClientError("internal", error instanceof Error ? { cause: error } : {});
  }
  throw new SallyportClientError("internal");
}

/** What was answered is a certificate of this very key, for this service, by the authority that came with it. */
function assertOwn(answer: Partial<Issued>, keyPem: string, service: string): Issued {
  const { certificate = "", authorities = "", workload = "", trustDomain = "", notAfter = "" } = answer;
  let isOwn = false;
  try {
    const leaf = new X509Certificate(certificate);
    // One, or two while one takes over from the other.
    const isBy = isIssuedBy(certificate, authorities);
    isOwn = isBy && leaf.checkPrivateKey(createPrivateKey(keyPem)) && leaf.subjectAltName === `URI:${workload}` && workload === `spiffe://${trustDomain}/service/${service}`;
  } catch (error) {
    throw new SallyportClientError("connection.untrusted", error instanceof Error ? { cause: error } : {});
  }
  if (!isOwn) throw new SallyportClientError("connection.untrusted");
  return { certificate, authorities, workload, trustDomain, notAfter };
}

const identityOf = ({ certificate, authorities }: Issued, keyPem: string): Identity => ({ keyPem, certPem: certificate, caPem: authorities });
