import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");
mkdirSync(join(PACKAGE, "node_modules/.cache"), { recursive: true });
const folder = mkdtempSync(join(PACKAGE, "node_modules/.cache/declaration-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PARTS: Readonly<Record<string, string>> = {
  action: 'action: "subject.read"',
  resource: 'resource: "subject"',
  input: "input: strict({ id: z.string() })",
  output: "output: strict({ value: z.string() })",
  locate: 'locate: () => Promise.resolve({ place: { kind: "deployment" as const }, found: null })',
};

const sourceOf = (parts: Readonly<Record<string, string>>): string => `import { strict } from "@sallyport/contracts";
import { createBoundary, type BoundaryDeps } from "@sallyport/api";
import { z } from "zod";
declare const deps: BoundaryDeps<null>;
export const made = createBoundary(deps).read({ ${Object.values(parts).join(", ")} }, () => Promise.resolve({ value: "v" }));
`;

/** What the compiler says of each source, by name; nothing where it compiles. */
function compile(sources: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, `${name}.ts`), text);
  const paths = { "@sallyport/api": ["../../../dist/index.d.ts"] };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { strict: true, noEmit: true, module: "nodenext", target: "es2023", types: [], skipLibCheck: true, paths }, include: ["*.ts"] }),
  );
  try {
    return execFileSync(process.execPath, [join(PACKAGE, "../../node_modules/typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

test("a procedure without action, resource, place, strict input or strict output doesn't compile", () => {
  const without = Object.fromEntries(Object.keys(PARTS).map((name) => [`without-${name}`, sourceOf(Object.fromEntries(Object.entries(PARTS).filter(([each]) => each !== name)))]));
  const loose = {
    "loose-input": sourceOf({ ...PARTS, input: "input: z.object({ id: z.string() })" }),
    "loose-output": sourceOf({ ...PARTS, output: "output: z.object({ value: z.string() })" }),
    "unknown-action": sourceOf({ ...PARTS, action: 'action: "subject.forget"' }),
  };
  const said = compile({ whole: sourceOf(PARTS), ...without, ...loose });
  for (const name of [...Object.keys(without), ...Object.keys(loose)]) expect(said).toContain(`${name}.ts(`);
  expect(said).not.toContain("whole.ts(");
});
