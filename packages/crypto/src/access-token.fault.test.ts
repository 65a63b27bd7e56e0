import { createHmac, createPublicKey, createVerify, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer } from "node:net";
import { faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import type { AccessTokenChecks } from "./access-token-checks.ts";
import { ed25519FromSeed, verifyEd25519 } from "./ed25519.ts";
import { claims, clock, header, lax, nowS, outcome, pair, part, peer, ringKey, signed, verifier } from "./testing/token-fixture.ts";

const publicPem = pair.publicKey.export({ format: "pem", type: "spki" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const withAlg = (alg: string, signer: (input: string) => Buffer): string => {
  const input = `${part({ ...header, alg })}.${part(claims)}`;
  return `${input}.${signer(input).toString("base64url")}`;
};

/** Believes the header's algorithm, as the classic attacks need. */
function believing(): Partial<AccessTokenChecks> {
  let alg = "";
  return {
    ...lax.split,
    kid(text) {
      alg = String((JSON.parse(text) as { alg?: unknown }).alg);
      return lax.kid.kid(text);
    },
    signature(key: KeyObject, parts) {
      const isGood =
        alg.toLowerCase() === "none" ||
        (alg === "HS256" && createHmac("sha256", publicPem).update(parts.signed).digest().equals(parts.signature)) ||
        (alg === "RS256" && createVerify("sha256").update(parts.signed).verify(rsa.publicKey, parts.signature)) ||
        (alg === "ES256" && createVerify("sha256").update(parts.signed).verify({ key: ec.publicKey, dsaEncoding: "ieee-p1363" }, parts.signature)) ||
        ((alg === "EdDSA" || alg === "Ed25519") && verifyEd25519(key, parts.signed, parts.signature));
      if (!isGood) throw new TypeError("the fixture's signature is wrong");
    },
  };
}

const algorithms: readonly (readonly [string, string])[] = [
  ["alg none without a signature", `${part({ ...header, alg: "none" })}.${part(claims)}.`],
  ["alg none with 64 zero bytes", withAlg("none", () => Buffer.alloc(64))],
  ["alg nOnE", withAlg("nOnE", () => Buffer.alloc(64))],
  ["HS256 keyed with the public key", withAlg("HS256", (input) => createHmac("sha256", publicPem).update(input).digest())],
  ["RS256", withAlg("RS256", (input) => sign("sha256", Buffer.from(input), rsa.privateKey))],
  ["ES256", withAlg("ES256", (input) => sign("sha256", Buffer.from(input), { key: ec.privateKey, dsaEncoding: "ieee-p1363" }))],
  ["the name Ed25519", signed({ ...header, alg: "Ed25519" })],
];
for (const [name, token] of algorithms) {
  faultTest("T2", `a token with ${name} is refused`, async (defence) => {
    expect(["token.algorithm", "token.malformed"]).toContain(outcome(verifier(defence === "on" ? {} : believing()), token));
    await Promise.resolve();
  });
}

faultTest(
  "T3",
  "a token with any character changed is refused, by one bit and by another letter",
  async (defence) => {
    const made = verifier(defence === "on" ? {} : lax.signature);
    const token = signed();
    expect(outcome(made, token)).toBe("accepted");
    for (let at = 0; at < token.length; at += 1) {
      for (const mask of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const changed = token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) ^ mask) + token.slice(at + 1);
        expect(outcome(made, changed), `character ${at}, mask ${mask}`).toMatch(/^token\./);
      }
    }
    await Promise.resolve();
  },
  60_000,
);

const last = (text: string): string => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
const [head, body, signature] = signed().split(".") as [string, string, string];
const spellings: readonly (readonly [string, string])[] = [
  ["padding", `${head}.${body}.${signature}==`],
  ["a newline after it", `${head}.${body}.${signature}\n`],
  ["a space before it", ` ${head}.${body}.${signature}`],
  ["a space inside it", `${head}.${body}.${signature.slice(0, 40)} ${signature.slice(40)}`],
  ["another last character of the same bytes", `${head}.${body}.${last(signature)}`],
];
for (const [name, token] of spellings) {
  faultTest("T4", `a token with ${name} is refused`, async (defence) => {
    expect(outcome(verifier(defence === "on" ? {} : lax.split), token)).toBe("token.malformed");
    await Promise.resolve();
  });
}

const attacker = ed25519FromSeed(Buffer.alloc(32, 9));
const jwk = attacker.publicKey.export({ format: "jwk" });
/** Takes the key from wherever the header says: from its own `jwk`, or for any id at all. */
const believingKey = (): Partial<AccessTokenChecks> => ({
  kid: lax.kid.kid,
  split: lax.split.split,
  key: (_, kid) => ({ ...ringKey, kid, key: createPublicKey({ key: jwk, format: "jwk" }) }),
});
const heads: readonly (readonly [string, object])[] = [
  ["an unknown kid", { ...header, kid: "tok-2" }],
  ["a kid that climbs folders", { ...header, kid: "../../etc/passwd" }],
  ["a kid that is SQL", { ...header, kid: "' OR 1=1 --" }],
  ["a kid of 10 KB", { ...header, kid: "k".repeat(10_240) }],
  ["an embedded jwk", { ...header, jwk }],
  ["a jku", { ...header, jku: "https://localhost:1/keys" }],
  ["an x5u", { ...header, x5u: "https://localhost:1/cert" }],
  ["an x5c", { ...header, x5c: ["AA"] }],
];
for (const [name, changed] of heads) {
  faultTest("T5", `a token with ${name} is refused`, async (defence) => {
    expect(["token.key", "token.algorithm", "token.malformed"]).toContain(outcome(verifier(defence === "on" ? {} : believingKey()), signed(changed, claims, attacker)));
    await Promise.resolve();
  });
}

faultTest("T5", "a token that names an address opens no connection", async (defence) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)));
  const address = `http://127.0.0.1:${port}/keys`;
  const fetching: Partial<AccessTokenChecks> = {
    kid(text) {
      void fetch(String((JSON.parse(text) as { jku?: unknown }).jku)).catch(() => undefined);
      return "tok-1";
    },
  };
  outcome(verifier(defence === "on" ? {} : fetching), signed({ ...header, jku: address, x5u: address }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await new Promise((resolve) => server.close(resolve));
  expect(connections).toBe(0);
});

for (const [name, extra] of [
  ["an unknown crit", { crit: ["exp"], exp: 1 }],
  ["b64 false", { b64: false, crit: ["b64"] }],
  ["an empty crit", { crit: [] }],
] as const) {
  faultTest("T6", `a token with ${name} is refused`, async (defence) => {
    expect(outcome(verifier(defence === "on" ? {} : lax.kid), signed({ ...header, ...extra }))).toBe("token.algorithm");
    await Promise.resolve();
  });
}

const typs: readonly (readonly [string, object])[] = [
  ["no typ", { alg: "EdDSA", kid: "tok-1" }],
  ["typ JWT", { ...header, typ: "JWT" }],
  ["typ dpop+jwt", { ...header, typ: "dpop+jwt" }],
  ["typ AT+JWT", { ...header, typ: "AT+JWT" }],
  ["typ application/at+jwt", { ...header, typ: "application/at+jwt" }],
  ["an id token's typ", { ...header, typ: "id+jwt" }],
];
for (const [name, changed] of typs) {
  faultTest("T7", `a token with ${name} is refused`, async (defence) => {
    expect(outcome(verifier(defence === "on" ? {} : lax.kid), signed(changed))).toBe("token.algorithm");
    await Promise.resolve();
  });
}

/** One row whose tokens differ in their claims only. */
function claimRow(id: string, guarantee: string, weaker: Partial<AccessTokenChecks>, codes: readonly string[], rows: Readonly<Record<string, unknown>>): void {
  for (const [name, changed] of Object.entries(rows)) {
    faultTest(id, `${guarantee}: ${name}`, async (defence) => {
      expect(codes).toContain(outcome(verifier(defence === "on" ? {} : weaker), signed(header, changed)));
      await Promise.resolve();
    });
  }
}
const without = (name: keyof typeof claims): object => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

claimRow("T8", "a token that was not made by us for us is refused", lax.audience, ["token.claims"], {
  "another issuer": { ...claims, iss: "https://other.sallyport/custodian" },
  "our issuer with a slash": { ...claims, iss: `${claims.iss}/` },
  "no issuer": without("iss"),
  "another audience": { ...claims, aud: "https://other.sallyport/api" },
  "an audience list with ours": { ...claims, aud: [claims.aud, "https://other.sallyport/api"] },
  "an audience list of ours": { ...claims, aud: [claims.aud] },
  "an empty audience": { ...claims, aud: "" },
  "no audience": without("aud"),
});

const raw = (member: "exp" | "iat", text: string): string => JSON.stringify({ ...claims, [member]: "@" }).replace('"@"', text);
claimRow("T9", "a token out of its time is refused", lax.time, ["token.time", "token.claims"], {
  "no exp": without("exp"),
  "no iat": without("iat"),
  "exp now": { ...claims, exp: nowS, iat: nowS - 600 },
  "exp past": { ...claims, exp: nowS - 1, iat: nowS - 600 },
  "exp as a string": { ...claims, exp: String(claims.exp) },
  "exp 1e308": raw("exp", "1e308"),
  "exp in another spelling": raw("exp", `${claims.exp}.0`),
  "exp null, as NaN is written": { ...claims, exp: Number.NaN },
  "iat 6 seconds ahead": { ...claims, iat: nowS + 6, exp: nowS + 600 },
  "a life of 901 seconds": { ...claims, exp: nowS + 901 },
  "a life of ten years": { ...claims, exp: nowS + 315_360_000 },
  "a life of no seconds": { ...claims, iat: nowS + 5, exp: nowS + 5 },
  "a life of less than none": { ...claims, iat: nowS + 5, exp: nowS + 1 },
  "nbf ahead": { ...claims, nbf: nowS + 60 },
});

claimRow("T10", "a token whose subject or rights are not in their form is refused", lax.claims, ["token.claims"], {
  "an empty sub": { ...claims, sub: "" },
  "no sub": without("sub"),
  "sub as an object": { ...claims, sub: { id: claims.sub } },
  "sub as a list": { ...claims, sub: [claims.sub] },
  "a sub with a look-alike letter": { ...claims, sub: claims.sub.replace("p", "р") },
  "a sub with a space after it": { ...claims, sub: `${claims.sub} ` },
  "scope as a list": { ...claims, scope: ["packet.read"] },
  "scope 0": { ...claims, scope: 0 },
  "an empty scope": { ...claims, scope: "" },
  "roles as a string": { ...claims, roles: "security_admin" },
  "a claim twice": JSON.stringify(claims).replace('"sub":', '"sub":"prn_another","sub":'),
  "white space": JSON.stringify(claims, null, 1),
  "another order": Object.fromEntries(Object.entries(claims).reverse()),
  "an escaped letter": JSON.stringify(claims).replace("packet.upload", "\\u0070acket.upload"),
});

claimRow("T11", "a token without the caller's certificate in it is refused", lax.binding, ["token.binding"], {
  "no cnf": without("cnf"),
  "an empty cnf": { ...claims, cnf: {} },
  "another certificate": { ...claims, cnf: { "x5t#S256": Buffer.alloc(32, 6).toString("base64url") } },
  "a thumbprint list": { ...claims, cnf: { "x5t#S256": [peer.x5t] } },
  "another workload in azp": { ...claims, azp: "spiffe://dabcdefghijkl.sallyport/zone/edge/console" },
});

for (const cacheSize of [0, 16]) {
  faultTest("T11", `a token stolen by another workload is refused (${cacheSize} remembered)`, async (defence) => {
    const made = verifier(defence === "on" ? {} : lax.binding, { cacheSize });
    expect(outcome(made, signed())).toBe("accepted");
    expect(outcome(made, signed(), { ...peer, x5t: Buffer.alloc(32, 6).toString("base64url") })).toBe("token.binding");
    expect(outcome(made, signed(), { ...peer, spiffe: "spiffe://dabcdefghijkl.sallyport/zone/edge/console" })).toBe("token.binding");
    await Promise.resolve();
  });
}

const shapes: readonly (readonly [string, string])[] = [
  ["five parts", `${head}.${body}.${signature}.${body}.${signature}`],
  ["1 MB", signed(header, JSON.stringify({ ...claims, pad: "x".repeat(1_000_000) }))],
  ["4097 characters", signed(header, JSON.stringify({ ...claims, pad: "x".repeat(2600) })).padEnd(4097, "A")],
];
for (const [name, token] of shapes) {
  faultTest("T15", `a token of ${name} is refused within 50 ms`, async (defence) => {
    const made = verifier(defence === "on" ? {} : { ...lax.split, ...lax.claims, ...lax.signature });
    const from = performance.now();
    expect(outcome(made, token)).toBe("token.malformed");
    expect(performance.now() - from).toBeLessThan(50);
    await Promise.resolve();
  });
}

for (const cacheSize of [0, 16]) {
  faultTest("T17", `a key is taken in its window only, before which and after which it isn't (${cacheSize} remembered)`, async (defence) => {
    const windowless: Partial<AccessTokenChecks> = { key: (ring, kid) => ring.get(kid) ?? ringKeyOf(ring) };
    const made = verifier(defence === "on" ? {} : windowless, { cacheSize, now: () => at * 1000 });
    let at = nowS;
    const next = ed25519FromSeed(Buffer.alloc(32, 3));
    made.setKeys([
      { ...ringKey, untilS: nowS + 100 },
      { kid: "tok-2", x: next.raw.toString("base64url"), fromS: nowS + 50, untilS: null },
    ]);
    const oldToken = signed();
    const nextToken = signed({ ...header, kid: "tok-2" }, claims, next);
    const seen: string[] = [];
    for (const second of [0, 49, 50, 99, 100, 200]) {
      at = nowS + second;
      seen.push(`${second}: ${outcome(made, oldToken)}, ${outcome(made, nextToken)}`);
    }
    expect(seen).toEqual([
      "0: accepted, token.key",
      "49: accepted, token.key",
      "50: accepted, accepted",
      "99: accepted, accepted",
      "100: token.key, accepted",
      "200: token.key, accepted",
    ]);
    await Promise.resolve();
  });
}

function ringKeyOf(ring: Parameters<AccessTokenChecks["key"]>[0]): ReturnType<AccessTokenChecks["key"]> {
  const [first] = ring.values();
  if (first === undefined) throw new TypeError("an empty ring");
  return first;
}

faultTest("T9", "a remembered token is refused from the second in which it expires", async (defence) => {
  let atMs = clock.now();
  const made = verifier(defence === "on" ? {} : lax.time, { cacheSize: 16, now: () => atMs });
  expect(outcome(made, signed())).toBe("accepted");
  atMs = claims.exp * 1000 - 1;
  expect(outcome(made, signed())).toBe("accepted");
  atMs = claims.exp * 1000;
  expect(outcome(made, signed())).toBe("token.time");
  await Promise.resolve();
});
