import { faultTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { craft } from "../test/craft.ts";
import { Deployment, SERVER, TRUST_DOMAIN } from "../test/deployment.ts";
import { knock, openDoor } from "../test/door.ts";
import { zoo } from "../test/zoo.ts";
import { clientOptions, peerIdentity, serverOptions } from "./index.ts";

const deployment = new Deployment();
const server = deployment.server();
const specimens = zoo(deployment).map((specimen) => ({ ...specimen, leaf: craft(deployment, specimen.recipe) }));

async function acceptedOf(names: readonly string[], identify: boolean): Promise<string[]> {
  await using door = await openDoor(serverOptions(server), { identify });
  const accepted: string[] = [];
  for (const { name, leaf } of specimens.filter((specimen) => names.includes(specimen.name))) {
    // A hostile caller offers every key and signature that it has.
    const { sigalgs: _, ...options } = { ...clientOptions({ ...leaf, caPem: deployment.caPem }, SERVER), ciphers: "TLS_AES_256_GCM_SHA384:DEFAULT:@SECLEVEL=0" };
    if ((await knock(door.port, options)).outcome === "welcome") accepted.push(name);
  }
  return accepted;
}

describe("certificates that don't name exactly one workload", () => {
  const without = ["no names", "identity in the CN only"];
  faultTest("M6", "no URI name, or a CN only, opens nothing", async (defence) => {
    expect(await acceptedOf(without, defence === "on")).toEqual([]);
  });

  for (const name of ["two URIs", "a URI inside a DNS name", "CA:TRUE", "no purpose"]) {
    faultTest("M7", `${name}: opens nothing`, async (defence) => {
      expect(await acceptedOf([name], defence === "on")).toEqual([]);
    });
  }
});

describe("the zoo", () => {
  test("holds at least forty leaves, each with a name of its own", () => {
    expect(specimens.length).toBeGreaterThanOrEqual(40);
    expect(new Set(specimens.map((specimen) => specimen.name)).size).toBe(specimens.length);
  });

  faultTest(
    "M15",
    "the leaves that get in are exactly those that are expected",
    async (defence) => {
      const expected = specimens.filter((specimen) => specimen.fate === "welcome").map((specimen) => specimen.name);
      expect(
        await acceptedOf(
          specimens.map((specimen) => specimen.name),
          defence === "on",
        ),
      ).toEqual(expected);
    },
    30_000,
  );

  test.each(specimens.filter((specimen) => specimen.fate === "form"))("$name: refused by our own reading, without leaning on TLS", ({ leaf }) => {
    expect(() => peerIdentity(leaf.der, { trustDomain: TRUST_DOMAIN, nowMs: Date.now() })).toThrow(/^workload\.(invalid|revoked)$/);
  });

  test.each(specimens.filter((specimen) => specimen.fate === "welcome"))("$name: read as it is named", ({ leaf, recipe }) => {
    const identity = peerIdentity(leaf.der, { trustDomain: TRUST_DOMAIN, nowMs: Date.now() });
    expect(identity.spiffe.startsWith(`spiffe://${TRUST_DOMAIN}/`)).toBe(true);
    if (recipe.serial !== undefined) expect(identity.serial).toBe(recipe.serial.padStart(32, "0"));
  });
});
