import type { Tx } from "@sallyport/db";
import type { OutboxPort } from "@sallyport/submission";

/** Where packets are sent by nobody: one that was submitted waits to be fetched, by `submissions.download`, and its record is all that there is to keep. */
export const fetchedOutbox: OutboxPort<Tx> = { enqueue: () => Promise.resolve() };
