import { encodeRecord, type Sealer } from "@sallyport/audit";
import { hmacHex, secretKey } from "@sallyport/crypto";

/** The audit key of test trails. */
export const TEST_AUDIT_KEY = secretKey(Buffer.alloc(32, 7));

/** Seals in this process, as the custodian would. For tests. */
export const localSealer = (deployment: string, now: () => number = Date.now): Sealer => ({
  seal: (batches) => {
    const timestampUtc = new Date(now()).toISOString();
    return Promise.resolve(
      batches.map(({ head, drafts }) => {
        let prevMac = head.mac;
        const macs = drafts.map((draft, index) => {
          prevMac = hmacHex(TEST_AUDIT_KEY, encodeRecord(draft, { deployment, generation: head.generation, seq: head.seq + index + 1, timestampUtc, prevMac }));
          return prevMac;
        });
        return { timestampUtc, macs };
      }),
    );
  },
});
