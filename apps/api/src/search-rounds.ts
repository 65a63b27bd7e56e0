import type { EventLog } from "@sallyport/api";
import { codeOf } from "@sallyport/errors";
import type { SearchIndexer } from "@sallyport/db";

/** Records of one chain in one statement: some ten milliseconds of the database's time. */
const BATCH = 1000;
/** Statements' worth of records in one round, so that a long backlog leaves room for everything else. */
const BATCHES = 20;

/** Keeps the search close behind the trail. It is never on the way of an append, and what it misses it finds at the next round. */
export class SearchRounds {
  readonly #indexer: SearchIndexer;
  readonly #log: EventLog;
  #isFailing = false;

  constructor(indexer: SearchIndexer, log: EventLog) {
    this.#indexer = indexer;
    this.#log = log;
  }

  /** Runs one round. Never throws. */
  async run(): Promise<void> {
    try {
      for (let batch = 0; batch < BATCHES; batch += 1) {
        if ((await this.#indexer.index(BATCH)) < BATCH) break;
      }
      this.#isFailing = false;
    } catch (error) {
      // Once: a database that is away is told of by health too.
      if (!this.#isFailing) this.#log.event("search.behind", { code: codeOf(error) });
      this.#isFailing = true;
    }
  }
}
