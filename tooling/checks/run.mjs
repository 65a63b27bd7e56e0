// Runs every repo check, and before each its canary: a planted violation that the check must find. A check that can't fail is no check.
import { checks } from "./src/index.mjs";
import { trackedTree } from "./src/tree.mjs";

const only = process.argv.slice(2);
const tree = trackedTree();
const say = (line) => void process.stdout.write(`${line}\n`);
/** What a check finds, once it has found its canary. One that can't be run has failed. */
async function violationsOf(check) {
  try {
    const unseen = await check.canary(tree);
    return unseen === null ? await check.run(tree) : [`its canary was not found: ${unseen}`];
  } catch (error) {
    return [`it could not be run: ${error instanceof Error ? error.message : String(error)}`];
  }
}

let passed = 0;
let failed = 0;
for (const check of checks.filter(({ name }) => only.length === 0 || only.includes(name))) {
  const startedMs = Date.now();
  const violations = await violationsOf(check);
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  if (violations.length === 0) {
    passed += 1;
    say(`ok    ${check.name} (${seconds} s)`);
  } else {
    failed += 1;
    say(`FAIL  ${check.name} (${seconds} s)`);
    for (const violation of violations.slice(0, 40)) say(`      ${violation}`);
  }
}
say(`checks: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
