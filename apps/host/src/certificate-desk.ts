import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isErrorCode, SallyportError } from "@sallyport/errors";
import { createRequest, IDENTITY_FILES, isIssuedBy, thumbprint, writeIdentity } from "@sallyport/pki";
import { serviceId } from "@sallyport/zones";
import type { ChannelMessage, ReadyProcess } from "./child-process.ts";
import type { Home } from "./home.ts";
import { writePrivate } from "./private-file.ts";
import type { Owner } from "./process-owners.ts";

/** An identity that the supervisor keeps in date. */
export interface KeptIdentity {
  /** For people and the status: `api`, `profile reviewer`. */
  readonly name: string;
  readonly spiffe: string;
  readonly dns: readonly string[];
  readonly folder: string;
  readonly owner?: Owner | undefined;
}

/** A link with which a founding administrator enrols. */
export interface FoundingLink {
  readonly founder: number;
  readonly secret: string;
}

const ANSWER_MS = 10_000;

function isFoundingLink(value: unknown): value is FoundingLink {
  const { founder, secret } = (value ?? {}) as Partial<Record<keyof FoundingLink, unknown>>;
  return (founder === 1 || founder === 2) && typeof secret === "string" && /^[A-Za-z0-9_-]{43}$/.test(secret);
}

/**
 * Gets certificates from the custodian over its own channel, and renews each at two thirds of its life. What is due is
 * read from the files and the wall clock, so a machine that slept past an expiry enrols again as soon as it wakes.
 */
export class CertificateDesk {
  readonly #custodian: () => ReadyProcess | null;
  readonly #now: () => number;
  readonly #report: (line: string) => void;
  readonly #waiting = new Map<number, (message: ChannelMessage) => void>();
  readonly #kept: KeptIdentity[] = [];
  readonly #failing = new Set<string>();
  /** Certificates of which the custodian knows that they are in their place. */
  readonly #placed = new Set<string>();
  #next = 1;
  #round: Promise<void> = Promise.resolve();

  constructor(custodian: () => ReadyProcess | null, now: () => number, report: (line: string) => void) {
    this.#custodian = custodian;
    this.#now = now;
    this.#report = report;
  }

  /** Listens to a custodian that has just started. */
  attach(custodian: ReadyProcess): void {
    custodian.onMessage((message) => {
      const id = message["id"];
      if (typeof id === "number") this.#waiting.get(id)?.(message);
    });
  }

  /** Keeps an identity from now on; issues it if it is due. */
  async keep(identity: KeptIdentity): Promise<void> {
    this.#kept.push(identity);
    if (isDue(identity, this.#now(), await this.#trusted())) await this.#issue(identity);
    await this.#tellPlaced(identity).catch(() => undefined);
  }

  /** Lets an identity go and removes its key. */
  drop(folder: string): void {
    const index = this.#kept.findIndex((identity) => identity.folder === folder);
    if (index >= 0) this.#kept.splice(index, 1);
    for (const file of Object.values(IDENTITY_FILES)) rmSync(join(folder, file), { force: true });
  }

  /** Renews what is due, by its time or because another authority is to be trusted, or issues. One failure doesn't keep the others back; each is reported once, until it has passed. */
  renewDue(): Promise<void> {
    this.#round = this.#round.then(async () => {
      const trusted = await this.#trusted();
      for (const identity of this.#kept.slice()) {
        try {
          if (isDue(identity, this.#now(), trusted)) await this.#issue(identity);
          await this.#tellPlaced(identity).catch(() => undefined);
          this.#failing.delete(identity.name);
        } catch (error) {
          if (!this.#failing.has(identity.name))
            this.#report(`the certificate of ${identity.name} could not be renewed (${error instanceof SallyportError ? error.code : "internal"}); trying again`);
          this.#failing.add(identity.name);
        }
      }
    });
    return this.#round;
  }

  /** When each certificate ends, in milliseconds since the epoch; null where there is none. */
  expiries(): readonly { readonly name: string; readonly spiffe: string; readonly notAfterMs: number | null }[] {
    return this.#kept.map((identity) => ({ name: identity.name, spiffe: identity.spiffe, notAfterMs: readLife(identity)?.untilMs ?? null }));
  }

  /** Ends a workload's certificates for good. */
  async revoke(spiffe: string): Promise<void> {
    await this.#ask({ type: "revoke", spiffe });
  }

  /** The founding links that are still open. Secrets: for the operator's eyes, and for no file. */
  async foundingLinks(): Promise<readonly FoundingLink[]> {
    const { links } = await this.#ask({ type: "founding" });
    if (!Array.isArray(links) || !links.every(isFoundingLink)) throw new SallyportError("internal", { step: "founding" });
    return links;
  }

  /** The same, each in a line for the operator. The secret stands in the fragment, which no browser sends anywhere. */
  async foundingLines(consoleOrigin: string): Promise<readonly string[]> {
    return (await this.foundingLinks()).map(({ founder, secret }) => `founding administrator ${founder}: ${consoleOrigin}/enrol#${secret}`);
  }

  async #issue(identity: KeptIdentity): Promise<void> {
    const { csrPem, keyPem } = createRequest();
    const answer = await this.#ask({ type: "issue", spiffe: identity.spiffe, csr: csrPem, dns: identity.dns });
    const { cert, ca } = answer;
    if (typeof cert !== "string" || typeof ca !== "string") throw new SallyportError("internal", { step: "issue" });
    writeIdentity(identity.folder, { keyPem, certPem: cert, caPem: ca }, identity.owner);
  }

  /** Whom the custodian has everybody trust, and who issues; null where it can't be asked now. */
  async #trusted(): Promise<Trusted | null> {
    const { ca, issuing } = await this.#ask({ type: "authorities" }).catch(() => ({ ca: null, issuing: null }));
    return typeof ca === "string" && typeof issuing === "string" ? { ca, issuing } : null;
  }

  /** Says that a certificate is where its workload reads it, with the authorities that came with it. Until the custodian has heard it, it is said again. */
  async #tellPlaced(identity: KeptIdentity): Promise<void> {
    const x5t = thumbprintIn(identity.folder);
    if (x5t === null || this.#placed.has(x5t)) return;
    await this.#ask({ type: "placed", x5t });
    this.#placed.add(x5t);
  }

  #ask(message: ChannelMessage): Promise<ChannelMessage> {
    const custodian = this.#custodian();
    if (custodian === null) return Promise.reject(new SallyportError("keys.unavailable", { step: message.type }));
    const id = this.#next++;
    return new Promise<ChannelMessage>((settle, fail) => {
      const end = (work: () => void): void => {
        clearTimeout(late);
        this.#waiting.delete(id);
        work();
      };
      const late = setTimeout(() => end(() => fail(new SallyportError("keys.unavailable", { step: message.type }))), ANSWER_MS);
      this.#waiting.set(id, (answer) => {
        const code = answer["code"];
        if (answer.type === "failed") end(() => fail(new SallyportError(isErrorCode(code) ? code : "internal", { step: message.type })));
        else end(() => settle(answer));
      });
      custodian.send({ ...message, id });
    });
  }
}

interface Trusted {
  readonly ca: string;
  readonly issuing: string;
}

/** Two thirds of a certificate's life are over, there is none for this workload, or the authorities have changed since. */
function isDue(identity: Pick<KeptIdentity, "folder" | "spiffe">, nowMs: number, trusted: Trusted | null): boolean {
  const life = readLife(identity);
  return life === null || (trusted !== null && !isOf(identity, trusted)) || nowMs < life.fromMs || nowMs >= life.fromMs + ((life.untilMs - life.fromMs) * 2) / 3;
}

/** Whether what is in the folder trusts whom it should, and is by who issues. */
function isOf({ folder }: Pick<KeptIdentity, "folder">, { ca, issuing }: Trusted): boolean {
  try {
    const read = (file: string): string => readFileSync(join(folder, file), "utf8");
    return read(IDENTITY_FILES.caPem) === ca && isIssuedBy(read(IDENTITY_FILES.certPem), issuing);
  } catch {
    return false;
  }
}

function thumbprintIn(folder: string): string | null {
  try {
    return thumbprint(new X509Certificate(readFileSync(join(folder, IDENTITY_FILES.certPem))).raw);
  } catch {
    return null;
  }
}

function readLife(identity: Pick<KeptIdentity, "folder" | "spiffe">): { fromMs: number; untilMs: number } | null {
  try {
    const certificate = new X509Certificate(readFileSync(join(identity.folder, IDENTITY_FILES.certPem)));
    if (certificate.subjectAltName?.split(", ").includes(`URI:${identity.spiffe}`) !== true) return null;
    return { fromMs: Date.parse(certificate.validFrom), untilMs: Date.parse(certificate.validTo) };
  } catch {
    return null;
  }
}

/** What a profile's folder says beside its identity; a typed client reads it. */
export interface ProfileFile {
  readonly name: string;
  readonly api: string;
  readonly workload: string;
  readonly trustDomain: string;
}

/** Writes a profile's folder, without its identity. */
export function writeProfile(home: Home, name: string, trustDomain: string, apiPort: number): KeptIdentity {
  const folder = join(home.profiles, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file: ProfileFile = { name, api: `https://localhost:${apiPort}`, workload: serviceId(trustDomain, name), trustDomain };
  writePrivate(join(folder, "profile.json"), `${JSON.stringify(file, null, 2)}\n`);
  return { name: `profile ${name}`, spiffe: file.workload, dns: [], folder };
}

/** The names of the profiles that this home has. */
export const profileNames = (home: Home): readonly string[] =>
  existsSync(home.profiles)
    ? readdirSync(home.profiles)
        .filter((name) => existsSync(join(home.profiles, name, "profile.json")))
        .sort()
    : [];

/** The names of the profiles that were revoked: they get no certificate again. */
export function revokedNames(home: Home): readonly string[] {
  if (!existsSync(home.revoked)) return [];
  return (JSON.parse(readFileSync(home.revoked, "utf8")) as { profiles: string[] }).profiles;
}

/** Keeps that a profile was revoked. */
export const addRevoked = (home: Home, name: string): void => writePrivate(home.revoked, JSON.stringify({ profiles: [...new Set([...revokedNames(home), name])].sort() }));
