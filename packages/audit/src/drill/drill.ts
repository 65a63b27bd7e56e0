import { asFound, type BundleDefence, type Holds } from "../defence.ts";
import { verifyBundle } from "../verify-bundle.ts";
import { type Attack, attacks, type Done, type Draw } from "./attacks.ts";
import { memoryReader } from "./bundle-in-memory.ts";
import { TamperedCopy } from "./tampered-copy.ts";

/** What became of one attack. */
export interface DrillResult {
  readonly attack: string;
  readonly what: string;
  /** `left out` where this bundle gives no room for it, or where no fingerprint was given to find it by. */
  readonly outcome: "found" | "not found" | "left out";
  /** Where it was made. */
  readonly made: Done | null;
  /** What the verifier said first. */
  readonly said: Done | null;
  /** What the attack offended against, of what a verification rests on. */
  readonly foundBy: readonly BundleDefence[];
}

export interface DrillOptions {
  /** The signing key's, obtained elsewhere. */
  readonly fingerprint?: string | undefined;
  /** Where in the bundle each attack is made. */
  readonly draw: Draw;
  /** Other attacks than the product's; for tests. */
  readonly attacks?: Readonly<Record<string, Attack>>;
}

/**
 * Tries every attack on a copy of a bundle, each on a copy of its own, and has each verified as anybody would. What is asked at each demand is listened to; what is
 * concluded is what the verifier concludes.
 *
 * @param files - A bundle that is whole.
 */
export async function* drill(files: ReadonlyMap<string, Buffer>, options: DrillOptions): AsyncGenerator<DrillResult> {
  const { fingerprint, draw } = options;
  const pin = fingerprint === undefined ? {} : { fingerprint };
  for (const [name, attack] of Object.entries(options.attacks ?? attacks)) {
    const copy = TamperedCopy.of(files);
    if (!fits(attack, copy, fingerprint)) {
      yield { attack: name, what: attack.what, outcome: "left out", made: null, said: null, foundBy: [] };
      continue;
    }
    const made = attack.make(copy, draw);
    const offended = new Set<BundleDefence>();
    const listening: Holds<BundleDefence> = (defence, isMet) => {
      if (!isMet) offended.add(defence);
      return asFound(defence, isMet);
    };
    const { whole, breaks } = await verifyBundle(memoryReader(copy.files), pin, listening);
    const [first] = breaks;
    const said = first === undefined ? null : { generation: first.generation, seq: first.seq, kind: first.kind };
    yield { attack: name, what: attack.what, outcome: whole ? "not found" : "found", made, said, foundBy: [...offended] };
  }
}

const fits = ({ recordsMin = 1, checkpointsMin = 0, needsPin }: Attack, { stated }: TamperedCopy, fingerprint: string | undefined): boolean =>
  stated.size >= recordsMin && stated.checkpoints >= checkpointsMin && (needsPin !== true || fingerprint !== undefined);
