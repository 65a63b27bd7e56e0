/** Where the worker of the verifying page comes from. */
export const WORKER_FILE = "/verifier/worker.js";
/** Where the verifier is that runs without this console. */
export const VERIFIER_FILE = "/verifier/sallyport-verify.mjs";
