import type { Database } from "./database.ts";

/** The number of the custodian that took over last. It only grows. */
export interface CustodianEpochs {
  /** 0 where none ever took over. */
  last(): Promise<number>;
  /** Moves it up; false where it is as great already, and nothing was changed. */
  take(epoch: number): Promise<boolean>;
}

/** In Postgres. Give it a database that was opened with the custodian's URL. */
export const custodianEpochs = (database: Database): CustodianEpochs => ({
  async last() {
    const [row] = await database.run<{ epoch: string }>`SELECT epoch FROM boundary.custodian_epoch`;
    return Number(row?.epoch ?? 0);
  },
  async take(epoch) {
    const [row] = await database.run<{ taken: boolean }>`SELECT boundary.take_custodian_epoch(${epoch}::bigint) AS taken`;
    return row?.taken === true;
  },
});
