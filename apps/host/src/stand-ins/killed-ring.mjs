// The supervisor's part in a rotation, ended with SIGKILL after the nth of the acts that change or read something outside of it; 0: never, and each is said.
// Looks one after the other at who is logged in count as one: how many there are is the machine's to say.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { passwordStore } from "@sallyport/db";
import { PasswordRing } from "../../dist/password-ring.js";
import { writePrivate } from "../../dist/private-file.js";

const [ownerUrl, folder, nth, settleMs] = process.argv.slice(2);
let count = 0;
let before = "";
const reached = (name) => {
  if (name === before && name.startsWith("holders")) return;
  before = name;
  count += 1;
  if (nth === "0") process.stdout.write(`${name}\n`);
  else if (count === Number(nth)) process.kill(process.pid, "SIGKILL");
};
const real = passwordStore(ownerUrl);
const store = Object.fromEntries(
  Object.entries(real).map(([name, act]) => [
    name,
    async (...given) => {
      const answer = await act(...given);
      reached(`${name} ${given.map((each) => (typeof each === "object" ? each.step : typeof each === "string" && each.includes("://") ? "url" : each)).join(" ")}`.trim());
      return answer;
    },
  ]),
);
const path = (name) => join(folder, `${name}.url`);
const files = {
  read: (name) => (existsSync(path(name)) ? readFileSync(path(name), "utf8") : null),
  write: (name, url) => {
    writePrivate(path(name), url);
    reached(`write ${name}`);
  },
};
const ring = new PasswordRing({ store, files, now: Date.now, report: () => undefined, windows: { ageMaxMs: 86_400_000, overlapMaxMs: 60_000, settleMs: Number(settleMs) } });
await ring.open();
count = 0;
process.stdout.write("begin\n");
await ring.rotate("operator");
while (ring.state().holders !== null) {
  await ring.round();
  await new Promise((resolve) => setTimeout(resolve, 50));
}
