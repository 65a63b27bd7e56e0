import type { Custodian } from "@sallyport/custody";

/** The custodian with some of its verbs replaced. */
export const custodianWith = (real: Custodian, over: Partial<Custodian>): Custodian => ({
  seal: (batches, deadlineMs) => real.seal(batches, deadlineMs),
  wrap: (contexts, deadlineMs) => real.wrap(contexts, deadlineMs),
  unwrap: (items, deadlineMs) => real.unwrap(items, deadlineMs),
  mint: (request, deadlineMs) => real.mint(request, deadlineMs),
  issue: (request, deadlineMs) => real.issue(request, deadlineMs),
  revoke: (service, deadlineMs) => real.revoke(service, deadlineMs),
  sign: (request, deadlineMs) => real.sign(request, deadlineMs),
  approve: (request, deadlineMs) => real.approve(request, deadlineMs),
  rotate: (request, deadlineMs) => real.rotate(request, deadlineMs),
  shred: (request, deadlineMs) => real.shred(request, deadlineMs),
  status: (options, deadlineMs) => real.status(options, deadlineMs),
  ...over,
});
