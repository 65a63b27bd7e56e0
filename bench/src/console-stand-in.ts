// The supervisor keeps a console; a measurement has no use for one.
const alive = setInterval(() => undefined, 60_000);
process.once("SIGTERM", () => clearInterval(alive));
process.send?.({ type: "ready" });
