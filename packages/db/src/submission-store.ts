import { SallyportError } from "@sallyport/errors";
import type { PacketRow, PlacedDocument, ReleaseRecord, SealedPackets, SubmissionRow, SubmissionStore } from "@sallyport/submission";
import { fromBulk, toBulk } from "./bulk.ts";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, withGrant } from "./site-context.ts";

/** Bytes of a stored chunk, but for the last (0038-submissions.sql). */
const CHUNK_BYTES = 1_048_576;
/** How often an attempt to seal says that it is under way: the row that it says it in holds the manifest, and each word makes another version of it. */
const HEARD_EVERY_MS = 10_000;

interface StoredPacket extends Omit<PacketRow, "recipientVersion" | "recipientName" | "preparedAtMs" | "released" | "sealed" | "submittedAtMs"> {
  readonly recipient_version: number;
  readonly recipient_name: string;
  readonly prepared_at_ms: string;
  readonly approval: string;
  readonly signature: string;
  readonly released_at_ms: string | null;
  readonly sha256: string;
  readonly length: string;
  readonly sealed_at_ms: string | null;
  readonly submitted_at_ms: string | null;
}

/** What the schema's triggers refuse is a step that isn't this packet's any more. */
async function asState<T>(code: "packet.state" | "submission.state", work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSqlState(error, "42501", "23505", "23503")) throw new SallyportError(code);
    throw error;
  }
}

/** Submissions in Postgres. */
export function submissionStore(database: Database): SubmissionStore<Tx> {
  return {
    async studyOf(id) {
      const [row] = await database.run<{ study: string | null }>`SELECT egress.study_of(${id}) AS study`;
      return row?.study ?? null;
    },

    async list(tx, grant) {
      grant.assert("document.read");
      await enterGrant(tx, grant);
      const rows = await tx<Omit<SubmissionRow, "atMs"> & { at_ms: string; sequences: number }>`
        SELECT s.id, s.study, s.title, s.at_ms, (SELECT count(*)::integer FROM egress.sequence q WHERE q.submission = s.id) AS sequences
          FROM egress.submission s ORDER BY s.at_ms DESC, s.id DESC LIMIT 500`;
      return rows.map(({ at_ms, ...row }) => ({ ...row, atMs: Number(at_ms) }));
    },

    async get(tx, grant, id) {
      grant.assert("document.read", "submission.assemble");
      await enterGrant(tx, grant);
      const [row] = await tx<Omit<SubmissionRow, "atMs"> & { at_ms: string }>`SELECT s.id, s.study, s.title, s.at_ms FROM egress.submission s WHERE s.id = ${id}`;
      return row === undefined ? null : { id: row.id, study: row.study, title: row.title, atMs: Number(row.at_ms) };
    },

    async insert(tx, grant, { id, study, title, atMs }) {
      grant.assert("submission.assemble");
      await enterGrant(tx, grant);
      await tx`INSERT INTO egress.submission (id, study, title, created_by, at_ms) VALUES (${id}, ${study}, ${title}, ${grant.principal}, ${atMs})`;
    },

    async sequences(tx, grant, submission) {
      grant.assert("document.read", "submission.assemble", "approval.decide");
      await enterGrant(tx, grant);
      const rows = await tx<{ number: string; at_ms: string }>`SELECT q.number, q.at_ms FROM egress.sequence q WHERE q.submission = ${submission} ORDER BY q.number`;
      const placed = await tx<PlacedDocument & { number: string; needs_approval: boolean }>`
        SELECT d.number, d.path, d.document, d.version, d.needs_approval FROM egress.sequence_document d WHERE d.submission = ${submission} ORDER BY d.number, d.path COLLATE "C"`;
      return rows.map(({ number, at_ms }) => ({
        number,
        atMs: Number(at_ms),
        documents: placed
          .filter((each) => each.number === number)
          .map(({ path, document, version, needs_approval: needsApproval }) => ({ path, document, version, needsApproval })),
      }));
    },

    async addSequence(tx, grant, submission, { number, atMs }) {
      grant.assert("submission.assemble");
      await enterGrant(tx, grant);
      await asState(
        "submission.state",
        () => tx`INSERT INTO egress.sequence (submission, number, created_by, at_ms) VALUES (${submission}, ${number}, ${grant.principal}, ${atMs})`,
      );
    },

    async place(tx, grant, { submission, sequence }, documents, atMs) {
      grant.assert("submission.assemble");
      await enterGrant(tx, grant);
      await asState("submission.state", async () => {
        await tx`DELETE FROM egress.sequence_document WHERE submission = ${submission} AND number = ${sequence}`;
        await tx`
          INSERT INTO egress.sequence_document (submission, number, path, document, version, needs_approval, placed_by, at_ms)
          SELECT ${submission}, ${sequence}, d.path, d.document, d.version, d.needs, ${grant.principal}, ${atMs}::bigint
            FROM json_to_recordset(${JSON.stringify(documents.map(({ needsApproval: needs, ...each }) => ({ ...each, needs })))}::text::json)
              AS d (path text, document text, version integer, needs boolean)`;
      });
    },

    async packets(tx, grant, submission) {
      grant.assert("document.read");
      await enterGrant(tx, grant);
      return readPackets(tx, { submission });
    },

    async packet(tx, grant, id, hold) {
      grant.assert("document.read", "submission.assemble", "submission.submit", "submission.download", "approval.decide");
      await enterGrant(tx, grant);
      if (hold === "hold") await tx`SELECT 1 FROM egress.sealed_packet p WHERE p.id = ${id} FOR UPDATE`;
      // A statement of its own: it sees what the one before waited for.
      const [row] = await readPackets(tx, { id });
      return row ?? null;
    },

    async prepare(tx, grant, { id, submission, study, sequence, recipient, manifest, digest, made, atMs }) {
      grant.assert("submission.assemble");
      await enterGrant(tx, grant);
      await tx`
        INSERT INTO egress.sealed_packet (id, submission, study, number, recipient, recipient_version, manifest, digest, prepared_by, prepared_at_ms)
        VALUES (${id}, ${submission}, ${study}, ${sequence}, ${recipient.id}, ${recipient.version}, ${manifest}, ${digest}, ${grant.principal}, ${atMs})`;
      for (const [path, content] of made) await tx`INSERT INTO egress.packet_file (packet, path, content) VALUES (${id}, ${path}, ${content})`;
    },

    async manifest(tx, packet) {
      const [row] = await tx<{ manifest: string }>`SELECT p.manifest FROM egress.sealed_packet p WHERE p.id = ${packet}`;
      return row?.manifest ?? null;
    },

    async release(tx, { id, approval, signature, atMs }) {
      const moved = await asState(
        "packet.state",
        () => tx`
        UPDATE egress.sealed_packet SET approval = ${approval}, signature = ${signature}, released_at_ms = ${atMs} WHERE id = ${id} AND approval IS NULL RETURNING 1`,
      );
      if (moved.length !== 1) throw new SallyportError("packet.state");
    },

    async made(tx, grant, packet, path) {
      grant.assert("submission.assemble");
      await enterGrant(tx, grant);
      const [row] = await tx<{ content: Buffer }>`SELECT f.content FROM egress.packet_file f WHERE f.packet = ${packet} AND f.path = ${path}`;
      return row?.content ?? null;
    },

    async releaseRecords(tx, grant, packet) {
      grant.assert("submission.assemble");
      await enterGrant(tx, grant);
      const rows = await tx<Omit<ReleaseRecord, "seq" | "mac"> & { seq: string; mac: Buffer }>`SELECT chain, generation, seq, body, mac FROM audit.release_records(${packet})`;
      return rows.map(({ seq, mac, ...row }) => ({ ...row, seq: Number(seq), mac: mac.toString("hex") }));
    },

    async beginSeal(grant, { packet, attempt, atMs, aloneForMs }) {
      grant.assert("submission.assemble");
      await withGrant(database, grant, async (tx) => {
        const [held] = await tx<{ attempt_at_ms: string | null; ready: boolean }>`
          SELECT p.attempt_at_ms, p.approval IS NOT NULL AND p.sealed_at_ms IS NULL AS ready FROM egress.sealed_packet p WHERE p.id = ${packet} FOR UPDATE`;
        if (held?.ready !== true) throw new SallyportError("packet.state");
        if (held.attempt_at_ms !== null && Number(held.attempt_at_ms) + aloneForMs > atMs) throw new SallyportError("service.busy");
        await tx`UPDATE egress.sealed_packet SET attempt = ${attempt}, attempt_at_ms = ${atMs} WHERE id = ${packet}`;
        await tx`DELETE FROM egress.sealed_chunk WHERE packet = ${packet} AND attempt <> ${attempt}`;
      });
    },

    async putChunk(grant, { packet, attempt, n, bytes, atMs }) {
      grant.assert("submission.assemble");
      await asState("packet.state", () =>
        withGrant(database, grant, async (tx) => {
          // What is heard of is under way: nobody else begins. Once in a while is enough, however many chunks there are.
          await tx`
            UPDATE egress.sealed_packet SET attempt_at_ms = ${atMs}
             WHERE id = ${packet} AND attempt = ${attempt} AND sealed_at_ms IS NULL AND attempt_at_ms < ${atMs - HEARD_EVERY_MS}::bigint`;
          await tx`INSERT INTO egress.sealed_chunk (packet, attempt, n, bytes) VALUES (${packet}, ${attempt}, ${n}, decode(${toBulk(bytes)}, 'base64'))`;
        }),
      );
    },

    async sealing(tx, grant, packet) {
      grant.assert("document.read");
      await enterGrant(tx, grant);
      const [row] = await tx<{ attempt: string | null; length: string | null; chunks: number }>`
        SELECT p.attempt, p.length, CASE WHEN p.length IS NULL
                 THEN (SELECT count(*)::integer FROM egress.sealed_chunk c WHERE c.packet = p.id AND c.attempt = p.attempt) ELSE 0 END AS chunks
          FROM egress.sealed_packet p WHERE p.id = ${packet}`;
      if (row === undefined) return null;
      if (row.length !== null) return { isSealed: true, kept: Number(row.length) };
      return { isSealed: false, kept: row.attempt === null ? null : row.chunks * CHUNK_BYTES };
    },

    async abandonSeal(grant, { packet, attempt }) {
      grant.assert("submission.assemble");
      await withGrant(database, grant, async (tx) => {
        const given = await tx`
          UPDATE egress.sealed_packet SET attempt = NULL, attempt_at_ms = NULL WHERE id = ${packet} AND attempt = ${attempt} AND sealed_at_ms IS NULL RETURNING 1`;
        if (given.length === 1) await tx`DELETE FROM egress.sealed_chunk WHERE packet = ${packet} AND attempt = ${attempt}`;
      });
    },

    async seal(tx, grant, { packet, attempt, sha256, length, atMs }) {
      grant.assert("submission.assemble");
      await enterGrant(tx, grant);
      const moved = await asState(
        "packet.state",
        () => tx`
        UPDATE egress.sealed_packet SET sha256 = ${sha256}, length = ${length}, sealed_at_ms = ${atMs}
         WHERE id = ${packet} AND attempt = ${attempt} AND sealed_at_ms IS NULL RETURNING 1`,
      );
      if (moved.length !== 1) throw new SallyportError("packet.state");
    },

    async submit(tx, grant, packet, atMs) {
      grant.assert("submission.submit");
      await enterGrant(tx, grant);
      const moved = await asState(
        "packet.state",
        () => tx`
        UPDATE egress.sealed_packet SET submitted_by = ${grant.principal}, submitted_at_ms = ${atMs}
         WHERE id = ${packet} AND sealed_at_ms IS NOT NULL AND submitted_at_ms IS NULL RETURNING 1`,
      );
      if (moved.length !== 1) throw new SallyportError("packet.state");
    },
  };
}

/** The sealed bytes of packets that were submitted. */
export function sealedPackets(database: Database): SealedPackets {
  return {
    async open(packetId) {
      const [row] = await database.run<{ length: string; sha256: string; recipient: string }>`SELECT length, sha256, recipient FROM egress.submitted_packet(${packetId})`;
      return row === undefined ? null : { length: Number(row.length), sha256: row.sha256, recipientId: row.recipient };
    },

    async read(packetId, offset, maxBytes) {
      if (!Number.isSafeInteger(offset) || offset < 0 || !(maxBytes >= 1)) throw new RangeError("bytes from an offset on, at least one");
      const first = Math.floor(offset / CHUNK_BYTES);
      const behind = Math.max(first + 1, Math.floor((offset + maxBytes) / CHUNK_BYTES));
      const rows = await database.run<{ bytes: string }>`SELECT encode(bytes, 'base64') AS bytes FROM egress.submitted_bytes(${packetId}, ${first}, ${behind}) ORDER BY n`;
      if (rows.length === 0 && (await this.open(packetId)) === null) throw new SallyportError("packet.state");
      return Buffer.concat(rows.map(({ bytes }) => fromBulk(bytes))).subarray(offset - first * CHUNK_BYTES, offset - first * CHUNK_BYTES + maxBytes);
    },
  };
}

async function readPackets(tx: Tx, { id = null, submission = null }: { readonly id?: string | null; readonly submission?: string | null }): Promise<readonly PacketRow[]> {
  const rows = await tx<StoredPacket>`
    SELECT p.id, p.submission, p.study, p.number AS sequence, p.recipient, p.recipient_version, v.name AS recipient_name, p.manifest, p.digest, p.prepared_at_ms,
           p.approval, p.signature, p.released_at_ms, p.sha256, p.length, p.sealed_at_ms, p.submitted_at_ms
      FROM egress.sealed_packet p JOIN egress.recipient_version v ON v.recipient = p.recipient AND v.version = p.recipient_version
     WHERE (${id}::text IS NULL OR p.id = ${id}) AND (${submission}::text IS NULL OR p.submission = ${submission})
     ORDER BY p.prepared_at_ms DESC, p.id DESC LIMIT 500`;
  return rows.map(({ recipient_version, recipient_name, prepared_at_ms, approval, signature, released_at_ms, sha256, length, sealed_at_ms, submitted_at_ms, ...row }) => ({
    ...row,
    recipientVersion: recipient_version,
    recipientName: recipient_name,
    preparedAtMs: Number(prepared_at_ms),
    released: released_at_ms === null ? null : { approval, signature, atMs: Number(released_at_ms) },
    sealed: sealed_at_ms === null ? null : { sha256, length: Number(length), atMs: Number(sealed_at_ms) },
    submittedAtMs: submitted_at_ms === null ? null : Number(submitted_at_ms),
  }));
}
