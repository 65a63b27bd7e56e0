import type { ApiDeps } from "@sallyport/api";
import type { Custodian } from "@sallyport/custody";
import { type Database, passwordRecords, reencryptStore, rewrapStore, type Tx } from "@sallyport/db";
import { SallyportError } from "@sallyport/errors";
import { passwordRing } from "./password-ring.ts";
import { isRecipientKey, sealPacket } from "@sallyport/submission/seal";

/** Counting what each key wraps goes through every stored key. */
const RINGS_MS = 5000;
const STEP_MS = 5000;
const SIGN_MS = 1500;
const REVOKE_MS = 2000;

/** The ports that are about keys: the custodian's rings and signatures, the jobs in the database that follow them, and sealing to recipients. */
export const custodianPorts = (
  custodian: Custodian,
  database: Database,
): Pick<ApiDeps<Tx>, "rings" | "passwords" | "reencryptions" | "revokeService" | "signDocument" | "checkShred" | "isRecipientKey" | "sealPacket"> => ({
  rings: {
    all: async () => (await custodian.rotate({ kind: "rings" }, RINGS_MS)).rings,
    look: () => custodian.rotate({ kind: "rings" }, RINGS_MS),
    step: async (asked) => (await custodian.rotate({ kind: "step", ...asked, statement: null }, STEP_MS)).ring,
    approved: async (asked) => (await custodian.rotate({ kind: "step", ...asked }, STEP_MS)).ring,
    // Waited for as long as a statement may take; where it takes longer, the rest is told all the same.
    fields: () =>
      rewrapStore(database)
        .fields()
        .catch(() => null),
    rewraps: () => rewrapStore(database).progress(),
  },
  passwords: () => passwordRing(passwordRecords(database)),
  reencryptions: reencryptStore(database),
  revokeService: (service) => custodian.revoke(service, REVOKE_MS),
  async signDocument(kind, canonical, statement) {
    const [note] = (await custodian.sign({ kind, canonical, statement }, SIGN_MS)).notes;
    if (note === undefined) throw new SallyportError("trail.unavailable");
    return note;
  },
  async checkShred(statement, packets) {
    await custodian.shred({ kind: "check", statement, packets }, SIGN_MS);
  },
  isRecipientKey,
  sealPacket,
});
