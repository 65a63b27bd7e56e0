import { CODE_KEY, readServiceCode } from "@sallyport/pki";
import { expect, test } from "vitest";
import { enrolCommands, makeServiceCode } from "./service-code.ts";

test("a code that a browser makes is one that a service enrols with, and its public half is the one that was asked for", async () => {
  for (let n = 0; n < 16; n++) {
    const { code, codeKey } = await makeServiceCode("site-sync");
    expect(codeKey).toMatch(CODE_KEY);
    expect(readServiceCode(code)).toMatchObject({ service: "site-sync", codeKey });
  }
});

test("the command names the console as this browser sees it, and beyond localhost where the api is taken to be", () => {
  expect(enrolCommands("a-b", "http://localhost:3000")[1]).toBe("npm run -s sallyport -- enrol --code-file a-b.code --console http://localhost:3000");
  expect(enrolCommands("a-b", "https://gate.example")[1]).toContain("--api https://gate.example:3001");
});
