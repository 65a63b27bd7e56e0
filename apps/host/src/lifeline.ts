/**
 * Loaded into every process that the supervisor starts (`node --import`). When the supervisor is gone, however it
 * went, the process is asked to end as by a signal, and ended if it doesn't.
 */
const LAST_MS = 8_000;

// Node.js opens its debugger at this signal, and whoever reaches that reads all of the memory. A listener takes its place.
process.on("SIGUSR1", () => undefined);

if (process.connected) {
  process.on("disconnect", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), LAST_MS);
  });
  process.channel?.unref();
}
