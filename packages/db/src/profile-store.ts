import { SallyportError } from "@sallyport/errors";
import type { FieldCount, ProfileSnapshot, ProfileStore, StoredProfile } from "@sallyport/phi";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant } from "./site-context.ts";

/** Classification profiles in Postgres. A new version, and a new study, move the epoch by a trigger. */
export function profileStore(database: Database): ProfileStore<Tx> {
  return {
    async epoch() {
      const [row] = await database.run<{ value: string }>`SELECT value FROM policy.epoch`;
      if (row === undefined) throw new SallyportError("policy.unavailable");
      return BigInt(row.value);
    },

    async snapshot() {
      const [row] = await database.run<{ epoch: string; profiles: readonly StoredProfile[]; studies: ProfileSnapshot["studies"] }>`
        SELECT epoch, profiles, studies FROM phi.profile_snapshot()`;
      if (row === undefined) throw new SallyportError("policy.unavailable");
      return { ...row, epoch: BigInt(row.epoch) };
    },

    async versions(id) {
      const rows = await database.run<StoredProfile & { approval: string | null; at_ms: string }>`
        SELECT id, version, canonical, note, approval, at_ms FROM phi.profiles WHERE id = ${id} ORDER BY version DESC`;
      return rows.map(({ at_ms, ...row }) => ({ ...row, atMs: Number(at_ms) }));
    },

    async insert(tx, { id, version, canonical, note, approval, atMs }) {
      try {
        await tx`INSERT INTO phi.profiles (id, version, canonical, note, approval, at_ms) VALUES (${id}, ${version}, ${canonical}, ${note}, ${approval}, ${atMs})`;
      } catch (error) {
        if (isSqlState(error, "23505")) throw new SallyportError("profile.version", { profile: id, version });
        throw error;
      }
    },

    async keepDraft(tx, { digest, canonical, atMs }) {
      await tx`INSERT INTO phi.profile_drafts (digest, canonical, at_ms) VALUES (${digest}, ${canonical}, ${atMs}) ON CONFLICT DO NOTHING`;
    },

    async draft(tx, digest) {
      const [row] = await tx<{ canonical: string }>`SELECT canonical FROM phi.profile_drafts WHERE digest = ${digest}`;
      return row?.canonical ?? null;
    },

    async countFields(tx, grant, profile, names) {
      grant.assert("profile.read", "profile.change");
      if (names.length === 0) return [];
      await enterGrant(tx, grant);
      const rows = await tx<Omit<FieldCount, "fields"> & { fields: string }>`
        SELECT study, domain, name, classification, fields FROM phi.count_fields(${profile}, ${names.join("\n")})`;
      return rows.map((row) => ({ ...row, fields: Number(row.fields) }));
    },
  };
}
