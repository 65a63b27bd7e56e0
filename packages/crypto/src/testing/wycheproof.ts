/** A file of Wycheproof vectors, as far as these tests read it. */
export interface Wycheproof<Group> {
  readonly numberOfTests: number;
  readonly testGroups: readonly Group[];
}
