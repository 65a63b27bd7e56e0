import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const [kind, folder] = process.argv.slice(2);
const note = (text) => appendFileSync(join(folder, `${kind}.txt`), `${text}\n`);
const send = (message) => new Promise((settle) => process.send(message, settle));

if (kind === "setup") {
  note(readFileSync(0, "utf8"));
  process.exit(0);
}
if (kind === "refusing") {
  await send({ type: "failed", code: "database.newer", context: { found: "9" } });
  process.exit(1);
}
note(JSON.stringify({ pid: process.pid, uid: process.getuid(), env: process.env }));
if (existsSync(join(folder, `${kind}.broken`))) {
  process.stderr.write("TypeError: subject 01-701-1015 is not a function\n    at open (file:///somewhere/open.js:1:2)\n");
  process.exit(3);
}
const server = createServer((_, reply) => reply.end("here"));
const port = Number(process.env.SALLYPORT_CONSOLE_PORT ?? process.env.SALLYPORT_API_PORT ?? 0);
server.listen(port, "localhost", () => process.send({ type: "ready" }));
process.on("SIGTERM", () => {
  writeFileSync(join(folder, `${kind}.stopped`), String(Date.now()));
  setTimeout(() => process.exit(0), 20);
});
