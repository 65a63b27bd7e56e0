import { vectorTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

for (const name of ["arrays", "french", "structures", "unicode", "values", "weird"]) {
  const folder = "rfc8785/testdata";
  vectorTest(
    `RFC 8785 ${name}: canonical bytes equal the published ones`,
    [`${folder}/input/${name}.json`, `${folder}/outhex/${name}.txt`, `${folder}/output/${name}.json`],
    (input, hex, output) => {
      const bytes = Buffer.from(canonicalJson(JSON.parse(input?.toString("utf8") ?? "")), "utf8");
      expect(bytes.toString("hex")).toBe(hex?.toString("latin1").replaceAll(/\s/g, ""));
      expect(bytes.equals(output ?? Buffer.alloc(0))).toBe(true);
    },
  );
}
