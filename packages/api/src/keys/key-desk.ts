import { type DataKey, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { isShredded } from "@sallyport/phi";

/** What a data key belongs to; the custodian binds it into the wrapping. */
export interface KeyPlace {
  readonly purpose: "subject" | "packet" | "reference";
  readonly id: string;
  readonly study: string;
  readonly site: string;
  /** Which of its owner's data keys it is: a subject that was moved has had others. 1 where it is left out. */
  readonly version?: number;
}

/** What the custodian binds a data key to. */
type KeyContext = Omit<KeyPlace, "version">;

/** Port: the custodian's two key verbs. Both throw `keys.unavailable` within the deadline (ms). */
export interface KeyService {
  wrap(contexts: readonly KeyContext[], deadlineMs: number): Promise<readonly { readonly wrapped: string; readonly key: Buffer }[]>;
  unwrap(items: readonly { readonly context: KeyContext; readonly wrapped: string }[], deadlineMs: number): Promise<readonly Buffer[]>;
}

/** A data key with the form in which it is stored. */
export interface NewKey {
  readonly wrapped: string;
  readonly key: DataKey;
}

const DEADLINE_MS = 1500;

/** The id that sealed values name: the owner's id and the key's version. */
export const dataKeyId = ({ id, version = 1 }: KeyPlace): string => `${id}-${version}`;

/**
 * Data keys for minutes: unwrapped by the custodian, kept in memory for `ttlMs`, never longer than the cache is large.
 * A key is looked up by the whole place and its wrapped form, so a wrapped key that was moved finds nothing here.
 */
export class KeyDesk {
  readonly #service: KeyService;
  readonly #now: () => number;
  readonly #ttlMs: number;
  readonly #sizeMax: number;
  /** How often everything was forgotten: a key that was asked for before isn't kept afterwards. */
  #forgotten = 0;
  #shreds = 0;
  readonly #cache = new Map<string, { readonly key: DataKey; readonly untilMs: number }>();

  constructor(service: KeyService, options: { readonly now: () => number; readonly ttlMs?: number; readonly sizeMax?: number }) {
    this.#service = service;
    this.#now = options.now;
    this.#ttlMs = options.ttlMs ?? 5 * 60_000;
    this.#sizeMax = options.sizeMax ?? 20_000;
  }

  /** Opens one stored key. Throws `subject.shredded` for one that was destroyed, `keys.unavailable` where the custodian or its root key is away and the cache doesn't have it. */
  async open(place: KeyPlace, wrapped: string): Promise<DataKey> {
    const [key] = await this.openAll([{ place, wrapped }]);
    if (key === undefined) throw new TypeError("one key was asked for");
    return key;
  }

  /** Opens several keys with one call for those that aren't cached; answers in the order asked. */
  async openAll(items: readonly { readonly place: KeyPlace; readonly wrapped: string }[]): Promise<readonly DataKey[]> {
    if (items.some(isShredded)) throw new SallyportError("subject.shredded");
    const asked = this.#forgotten;
    const found = items.map((item) => this.#cached(item));
    const missing = items.filter((_, at) => found[at] === undefined);
    if (missing.length === 0) return found as DataKey[];
    const bytes = await this.#service.unwrap(
      missing.map(({ place, wrapped }) => ({ context: contextOf(place), wrapped })),
      DEADLINE_MS,
    );
    const opened = missing.map((item, at) => {
      const key = bytes[at];
      if (key === undefined) throw new TypeError("the key service answered fewer keys than asked for");
      return this.#keep(item, { id: dataKeyId(item.place), key: secretKey(key) }, asked);
    });
    let next = 0;
    return found.map((key) => key ?? (opened[next++] as DataKey));
  }

  /** Makes new keys. Made before a transaction begins; the custodian sweeps those that no row comes to name. */
  async create(places: readonly KeyPlace[]): Promise<readonly NewKey[]> {
    if (places.length === 0) return [];
    const asked = this.#forgotten;
    // A custodian that hangs is given up as soon as for one key; a large release has a little more.
    const made = await this.#service.wrap(places.map(contextOf), DEADLINE_MS + places.length);
    return places.map((place, at) => {
      const each = made[at];
      if (each === undefined) throw new TypeError("the key service made fewer keys than asked for");
      // Kept, as what was opened is: whoever has a key made comes back for it.
      return { wrapped: each.wrapped, key: this.#keep({ place, wrapped: each.wrapped }, { id: dataKeyId(place), key: secretKey(each.key) }, asked) };
    });
  }

  /** How many subjects were shredded, by the custodian's word: where that changed, nothing is kept on. */
  heardOfShreds(count: number): void {
    if (count !== this.#shreds) this.forget();
    this.#shreds = count;
  }

  /** Forgets every key; called when a key is revoked or destroyed. */
  forget(): void {
    this.#forgotten += 1;
    this.#cache.clear();
  }

  #cached({ place, wrapped }: { readonly place: KeyPlace; readonly wrapped: string }): DataKey | undefined {
    const found = this.#cache.get(cacheName(place, wrapped));
    return found !== undefined && found.untilMs > this.#now() ? found.key : undefined;
  }

  #keep({ place, wrapped }: { readonly place: KeyPlace; readonly wrapped: string }, key: DataKey, asked: number): DataKey {
    if (asked !== this.#forgotten) return key;
    if (this.#cache.size >= this.#sizeMax) this.#cache.clear();
    this.#cache.set(cacheName(place, wrapped), { key, untilMs: this.#now() + this.#ttlMs });
    return key;
  }
}

const contextOf = ({ purpose, id, study, site }: KeyPlace): KeyContext => ({ purpose, id, study, site });

const cacheName = (place: KeyPlace, wrapped: string): string => `${place.purpose} ${dataKeyId(place)} ${place.study} ${place.site} ${wrapped}`;
