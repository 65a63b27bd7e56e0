/** Which stored checkpoints of a generation are asked for: above one size and below another, so many at most. */
export interface CheckpointRange {
  readonly chain: string;
  readonly generation: number;
  readonly above: number;
  readonly below: number;
  readonly limit: number;
}
