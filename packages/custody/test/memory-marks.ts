import type { SegmentSeal } from "@sallyport/audit";
import type { Incident, Verdict } from "../src/incident.ts";
import type { Archived, Mark, TrailKinds, TrailMarkStore } from "../src/trail-marks.ts";

/** The kinds of a custodian's store that incidents and verification work on, in memory. */
export class MemoryMarks implements TrailMarkStore {
  readonly #kinds = {
    mark: new Map<string, Mark>(),
    broken: new Map<string, Verdict>(),
    incident: new Map<string, Incident>(),
    segment: new Map<string, SegmentSeal>(),
    epoch: new Map<string, TrailKinds["epoch"]>(),
    archived: new Map<string, Archived>(),
  };
  readonly events: string[] = [];

  get<K extends keyof TrailKinds>(kind: K, id: string): TrailKinds[K] | undefined {
    return this.all(kind).get(id);
  }
  all<K extends keyof TrailKinds>(kind: K): ReadonlyMap<string, TrailKinds[K]> {
    return this.#kinds[kind] as unknown as ReadonlyMap<string, TrailKinds[K]>;
  }
  put<K extends keyof TrailKinds>(kind: K, id: string, value: TrailKinds[K] | null): void {
    const map = this.#kinds[kind] as unknown as Map<string, TrailKinds[K]>;
    if (value === null) map.delete(id);
    else map.set(id, value);
  }
  record(action: string): void {
    this.events.push(action);
  }
  durable(): Promise<void> {
    return Promise.resolve();
  }
}
