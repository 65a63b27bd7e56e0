import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import type { UploadStanding } from "@sallyport/client";
import { HttpsPortalServer } from "@sallyport/portal-testkit";
import { ApiDoor, ApiPerson } from "./api-person.ts";
import { foundingLinks } from "./console-person.ts";
import { largePdf, type LargePdf } from "./large-pdf.ts";
import { PILOT } from "./pilot-study.ts";
import { httpsCredential, keptIn } from "./portals.ts";
import { type ProcessName, Product } from "./product.ts";
import { until } from "./until.ts";

/** A recipient that nobody has the key of. */
const KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const REASON = "A document for a measurement.";
const PLACE = "m5/53-clin-stud-rep/report.pdf";
const DELIVERED_MS = 1_800_000;
const TOLD_AFTER_MS = 12_000;

/** The processes that a document passes, or whose keys it needs. */
export const WATCHED = ["api", "custodian", "egress"] as const satisfies readonly ProcessName[];
export type Watched = (typeof WATCHED)[number];

/** How a document fared from its upload to the portal's receipt. */
export interface WayTaken {
  readonly bytes: number;
  /** Of each step, in order. */
  readonly ms: Readonly<Record<"upload" | "check" | "release" | "view" | "sign" | "prepare" | "seal" | "deliver", number>>;
  /** The most resident memory of each process from the first byte to the last, in kB, as Linux counts it (proc(5)). */
  readonly peakKb: Readonly<Record<Watched, number>>;
}

interface TableRows {
  readonly table: string;
  readonly read: number;
  readonly written: number;
}
interface Approval {
  readonly approvalId: string;
  readonly digest: string;
}

/**
 * The whole product with a portal over HTTPS, and two people: one assembles, the other signs and approves. Documents of any length go from
 * their upload to the portal's receipt.
 */
export class DocumentWay {
  readonly #product: Product;
  readonly #portal: HttpsPortalServer;
  readonly #door: ApiDoor;
  readonly #signer: ApiPerson;
  readonly #coordinator: ApiPerson;
  readonly #recipient: string;

  private constructor(product: Product, portal: HttpsPortalServer, door: ApiDoor, people: readonly [ApiPerson, ApiPerson], recipient: string) {
    this.#product = product;
    this.#portal = portal;
    this.#door = door;
    [this.#signer, this.#coordinator] = people;
    this.#recipient = recipient;
  }

  static async open(): Promise<DocumentWay> {
    const product = await Product.prepare();
    const portal = await HttpsPortalServer.start();
    try {
      await product.start({ SALLYPORT_EGRESS_FILE: keptIn(product.folder)("egress.json", JSON.stringify({ credentials: [httpsCredential(product.folder, portal)] })) });
      const door = await ApiDoor.of(product);
      const [first = "", second = ""] = foundingLinks(product.host.stdout);
      const signer = await ApiPerson.founding(door, first, { username: "ada", printedName: "Ada Roth" });
      const coordinator = await ApiPerson.founding(door, second, { username: "ben", printedName: "Ben Ito" });
      await signer.signIn();
      await coordinator.signIn();
      await prepared(product, signer, coordinator);
      const asked = await patiently(() => coordinator.call<{ approval: Approval }>("approvals.requestRecipient", { kind: "agency", name: "An Agency", key: KEY, reason: REASON }));
      await approve(signer, asked.approval);
      const { recipients } = await coordinator.call<{ recipients: readonly [{ recipientId: string }] }>("recipients.list", {});
      const [{ recipientId }] = recipients;
      const { host, port, path } = portal;
      const routes = [{ kind: "https", name: "gateway", host, port, path, credential: "gateway" }];
      await approve(signer, (await coordinator.call<{ approval: Approval }>("approvals.requestRoutes", { recipientId, routes, reason: REASON })).approval);
      return new DocumentWay(product, portal, door, [signer, coordinator], recipientId);
    } catch (error) {
      await product.remove();
      await portal.down();
      throw error;
    }
  }

  /** Takes one document of about so many bytes all the way. Throws where what the portal got isn't what was sealed. */
  async take(about: number, seed: string): Promise<WayTaken> {
    const pdf = largePdf(about, seed);
    const pids = await Promise.all(WATCHED.map((name) => this.#product.pidOf(name)));
    for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, "5");
    const ms: Record<keyof WayTaken["ms"], number> = { upload: 0, check: 0, release: 0, view: 0, sign: 0, prepare: 0, seal: 0, deliver: 0 };
    const timed = async <T>(step: keyof WayTaken["ms"], run: () => Promise<T>): Promise<T> => {
      const startMs = performance.now();
      const done = await run();
      ms[step] = performance.now() - startMs;
      return done;
    };
    let sentMs = 0;
    const startMs = performance.now();
    const packet = await timed("check", () => this.#upload(pdf, seed, () => (sentMs = performance.now() - startMs)));
    [ms.upload, ms.check] = [sentMs, ms.check - sentMs];
    const documentId = await timed("release", () => this.#release(packet));
    const sha256 = await timed("view", () => this.#view(documentId));
    await timed("sign", () => this.#sign(documentId, sha256));
    const packetId = await timed("prepare", () => this.#prepare(documentId));
    const sealed = await timed("seal", () => this.#seal(packetId));
    await timed("deliver", () => this.#deliver(sealed));
    const peaks = WATCHED.map((name, at) => [name, peakOf(pids[at] ?? 0)] as const);
    return { bytes: pdf.bytes, ms, peakKb: Object.fromEntries(peaks) as WayTaken["peakKb"] };
  }

  /**
   * What a piece of work had the database read and write of documents: rows of each table, as it counts them. Its own processes tell of their last rows
   * when they have been idle for ten seconds, which is waited for.
   */
  async rowsOf<T>(work: () => Promise<T>): Promise<{ readonly done: T; readonly rows: Readonly<Record<string, { readonly read: number; readonly written: number }>> }> {
    const counted = async (): Promise<readonly TableRows[]> => {
      await new Promise((settle) => setTimeout(settle, TOLD_AFTER_MS));
      return await this.#product.withOwner(
        (owner) => owner<TableRows[]>`
          SELECT schemaname || '.' || relname AS table, (seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 AS read, n_tup_ins::float8 AS written
            FROM pg_stat_user_tables WHERE relname IN ('packet_chunks', 'sealed_chunk', 'document_views')`,
      );
    };
    const before = new Map((await counted()).map((each) => [each.table, each]));
    const done = await work();
    const after = await counted();
    const more = after.map(({ table, read, written }) => {
      const was = before.get(table);
      return [table, { read: read - (was?.read ?? 0), written: written - (was?.written ?? 0) }] as const;
    });
    return { done, rows: Object.fromEntries(more) };
  }

  /** Puts the same bytes to the portal as they are, in one request, which it answers with their digest; milliseconds. */
  async plainPut(about: number, seed: string): Promise<number> {
    const { bytes, pieces } = largePdf(about, seed);
    const { host, port, path, ca } = this.#portal;
    const key = createHash("sha256").update(`${seed} ${performance.now()}`).digest("hex").slice(0, 40);
    const digest = createHash("sha256");
    for (const piece of pieces()) digest.update(piece);
    const startMs = performance.now();
    const put = request({
      host,
      port,
      path: `${path}/${key}`,
      method: "PUT",
      ca,
      ...this.#portal.certificate(),
      headers: { "content-length": String(bytes), "idempotency-key": `"${key}"`, "content-digest": `sha-256=:${digest.digest("base64")}:`, expect: "100-continue" },
    });
    const status = new Promise<number>((resolve, reject) => {
      put.once("error", reject);
      put.once("response", (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
      });
    });
    await new Promise((resolve) => {
      put.once("continue", resolve);
      put.flushHeaders();
    });
    for (const piece of pieces()) if (!put.write(piece)) await new Promise((resolve) => put.once("drain", resolve));
    put.end();
    if ((await status) >= 300) throw new Error("the portal refused a plain put");
    return performance.now() - startMs;
  }

  async close(): Promise<void> {
    this.#door.close();
    await this.#product.remove();
    await this.#portal.down();
  }

  /** `onSent` is told when the last byte has been taken. */
  async #upload({ bytes, pieces }: LargePdf, seed: string, onSent: () => void): Promise<string> {
    const ingest = this.#product.connect("ingest");
    try {
      const onProgress = ({ phase }: UploadStanding): void => {
        if (phase === "checking") onSent();
      };
      const stream = (async function* () {
        yield* pieces();
      })();
      const { packetId } = await ingest.upload({
        study: PILOT,
        files: [{ name: `${seed}.pdf`, size: bytes, stream, document: { type: "ectd_sequence", site: null } }],
        onProgress,
      });
      return packetId;
    } finally {
      await ingest.close();
    }
  }

  async #release(packetId: string): Promise<string> {
    const steward = this.#product.connect("steward");
    try {
      await steward.api.packets.release.mutate({ packetId, reason: REASON }, { context: { deadlineMs: DELIVERED_MS } });
    } finally {
      await steward.close();
    }
    const rows = await this.#product.withOwner((owner) => owner<{ id: string }[]>`SELECT id FROM phi.documents WHERE packet = ${packetId}`);
    return rows[0]?.id ?? "";
  }

  /** Has all of a document shown, and answers the digest of what was. */
  async #view(documentId: string): Promise<string> {
    const hash = createHash("sha256");
    for (let from: number | null = 0; from !== null; ) {
      const input = { documentId, version: 1, from, purpose: "view" };
      const piece: { content: string; next: number | null } = await this.#signer.call("documents.viewSequence", input);
      hash.update(Buffer.from(piece.content, "base64"));
      from = piece.next;
    }
    return hash.digest("hex");
  }

  async #sign(documentId: string, sha256: string): Promise<void> {
    const begun = await this.#signer.call<{ ceremony: string; options: string }>("signatures.begin", { documentId, version: 1, sha256, meaning: "approval" });
    const proof = { kind: "passkey", response: this.#signer.authenticator.get(begun.options) };
    await this.#signer.call("signatures.complete", { documentId, ceremony: begun.ceremony, read: "copy", proof });
  }

  /** From an empty sequence to a packet that may be sealed; answers its id. */
  async #prepare(documentId: string): Promise<string> {
    const by = this.#coordinator;
    const { submissionId } = await by.call<{ submissionId: string }>("submissions.create", { study: PILOT, title: "A submission" });
    const { sequence } = await by.call<{ sequence: string }>("submissions.addSequence", { submissionId });
    await by.call("submissions.assemble", { submissionId, sequence, files: [{ path: PLACE, documentId, version: 1, needsApproval: true }] });
    const { packetId } = await by.call<{ packetId: string }>("submissions.prepare", { submissionId, sequence, recipientId: this.#recipient });
    await approve(this.#signer, (await by.call<{ approval: Approval }>("approvals.requestEgress", { packetId, reason: REASON })).approval);
    return packetId;
  }

  async #seal(packetId: string): Promise<{ readonly packetId: string; readonly sha256: string; readonly length: number }> {
    return { packetId, ...(await this.#coordinator.call<{ sha256: string; length: number }>("submissions.seal", { packetId })) };
  }

  async #deliver({ packetId, sha256, length }: { readonly packetId: string; readonly sha256: string; readonly length: number }): Promise<void> {
    await this.#coordinator.call("submissions.submit", { packetId });
    const held = await until(
      () => Promise.resolve([...this.#portal.held.values()].find((each) => each.sha256 === sha256) ?? null),
      DELIVERED_MS,
      () => `the portal got ${JSON.stringify([...this.#portal.held.values()])}, and not ${sha256}`,
    );
    if (held.length !== length) throw new Error("the portal got another length");
  }
}

/** Gives the two their roles in the study, and has the signer's identity looked at, as administrators would have. */
async function prepared(product: Product, signer: ApiPerson, coordinator: ApiPerson): Promise<void> {
  const held = [
    [signer.personId, "regulatory_reviewer"],
    [signer.personId, "authorized_signer"],
    [coordinator.personId, "regulatory_coordinator"],
  ] as const;
  await product.withOwner(async (owner) => {
    for (const [person, role] of held)
      await owner`INSERT INTO policy.assignments (principal, role, study, site, from_ms) SELECT principal, ${role}, ${PILOT}, '*', 0 FROM people.persons WHERE id = ${person}`;
    await owner`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES ('chg_way', '-', '-', '-')`;
    await owner`
      INSERT INTO people.identity_checks (person, at_ms, checked_by, how, reason) VALUES (${signer.personId}, 1, ${coordinator.personId}, 'document', 'chg_way')`;
  });
  await patiently(async () => {
    const { digest } = await signer.call<{ digest: string }>("signatures.statement", {});
    await signer.call("signatures.accept", { digest });
  });
}

async function approve(by: ApiPerson, { approvalId, digest }: Approval): Promise<void> {
  await by.call("approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof: by.over(digest) });
}

/** A role counts once the api has looked. */
const patiently = <T>(ask: () => Promise<T>): Promise<T> => {
  let last: unknown;
  return until(
    () =>
      ask().then(
        (done) => ({ done }),
        (error: unknown) => {
          last = error;
          return null;
        },
      ),
    20_000,
    () => String(last),
  ).then(({ done }) => done);
};

const peakOf = (pid: number): number => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN);
