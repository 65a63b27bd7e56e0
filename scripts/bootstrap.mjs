import { nodeRefusal } from "./bootstrap/node-version.mjs";

const refusal = nodeRefusal(process.versions.node);
if (refusal !== null) {
  process.stderr.write(`${refusal}\n`);
  process.exit(1);
}

const { run } = await import("./bootstrap/commands.mjs");
await run(process.argv[2] ?? "", process.argv.slice(3));
