import { SallyportError } from "@sallyport/errors";

const WHERE_MAX = 50;

/** Collects where a dataset is wrong, up to 50 places, so that a file is corrected once and not fault by fault. */
export class DatasetFaults {
  readonly #where: string[] = [];

  get isFull(): boolean {
    return this.#where.length >= WHERE_MAX;
  }

  get count(): number {
    return this.#where.length;
  }

  /** What was found, each with its place. */
  get places(): readonly string[] {
    return this.#where;
  }

  /** Takes over what was found elsewhere, with its place. */
  put(where: string): void {
    if (!this.isFull) this.#where.push(where);
  }

  /** `place` is a row, a column or a member that we know; `fault` is a fixed sentence. Neither ever holds a value. */
  add(place: string, fault: string): void {
    this.put(`${place}: ${fault}`);
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** @throws SallyportError `packet.invalid` if anything was found. */
  throwIfAny(): void {
    if (!this.isEmpty) this.throwAll();
  }

  /** @throws SallyportError `packet.invalid` with what was found. */
  throwAll(): never {
    throw new SallyportError("packet.invalid", { where: [...this.#where] });
  }
}

/** @throws SallyportError `packet.invalid` at one place; for what makes it pointless to read on. */
export function refuse(place: string, fault: string): never {
  throw new SallyportError("packet.invalid", { where: [`${place}: ${fault}`] });
}

export type Members = Readonly<Record<string, unknown>>;

/** An object with the required members and no others than these and the optional ones; an unknown member's name is not repeated. */
export function membersOf(value: unknown, place: string, required: readonly string[], optional: readonly string[]): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(place, "not an object");
  for (const name of required) if (!Object.hasOwn(value, name)) refuse(place, `has no ${name}`);
  for (const name of Object.keys(value)) if (!required.includes(name) && !optional.includes(name)) refuse(place, "has a member that the standard doesn't have");
  return value as Members;
}
