/** A workload's newest certificate in force. `renewalS`: from when it is renewed, at two thirds of its life. `isShown`: it was seen in use, or its supervisor put it in its place. */
export interface HeldCertificate {
  readonly spiffe: string;
  readonly serial: string;
  /** The authority that issued it, by its id in the ring `ca`. */
  readonly issuer: string;
  readonly notAfterS: number;
  readonly renewalS: number;
  readonly isShown: boolean;
}

/** The root key, without it: how often the store was moved to another one, when it last was, to which adapter's, and whether it opens now. */
export interface RootView {
  readonly moves: number;
  readonly movedAtMs: number | null;
  readonly provider: string | null;
  readonly isPresent: boolean;
}
