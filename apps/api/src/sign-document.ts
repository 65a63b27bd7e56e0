import type { SignDocument } from "@sallyport/api";
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
