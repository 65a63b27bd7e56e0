import type { CheckShred, SignDocument } from "@sallyport/api";
import type { Custodian } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";

const DEADLINE_MS = 1500;

/** Has the custodian sign a document upon its approval. */
export const signDocumentBy =
  (custodian: Pick<Custodian, "sign">): SignDocument =>
  async (kind, canonical, statement) => {
    const [note] = (await custodian.sign({ kind, canonical, statement }, DEADLINE_MS)).notes;
    if (note === undefined) throw new SallyportError("trail.unavailable");
    return note;
  };

/** Asks the custodian whether it would destroy a subject's keys upon its approval. */
export const checkShredBy =
  (custodian: Pick<Custodian, "shred">): CheckShred =>
  async (statement, packets) => {
    await custodian.shred({ kind: "check", statement, packets }, DEADLINE_MS);
  };
