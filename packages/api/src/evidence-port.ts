/** A chain's signed state that an act waited for. */
export interface EvidenceItem {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly root: string;
  /** Names of the anchors that have it: none where nothing waits for them. */
  readonly anchors: readonly string[];
}

/** Port: has chains checkpointed by the custodian now, and keeps the notes. */
export interface EvidencePort {
  /** Before an act that will need evidence. @throws `trail.unanchored` where it has to be anchored elsewhere, and hasn't been for too long. */
  assertAnchored(): void;
  checkpoint(chains: readonly string[]): Promise<readonly EvidenceItem[]>;
}
