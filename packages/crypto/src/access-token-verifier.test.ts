import { describe, expect, test } from "vitest";
import { strictChecks } from "./access-token-checks.ts";
import { AccessTokenVerifier } from "./access-token-verifier.ts";
import { mintAccessToken } from "./mint-access-token.ts";
import { audience, claims, clock, header, issuer, nowS, outcome, pair, peer, ringKey, signed, verifier } from "./testing/token-fixture.ts";

const grant = { issuer, audience, sub: claims.sub, scope: claims.scope, azp: peer.spiffe, x5t: peer.x5t, iatS: nowS, lifetimeS: 900 };
const key = { kid: "tok-1", privateKey: pair.privateKey };

describe("a minted token", () => {
  test("is taken, and says what was granted", () => {
    const { token, jti, expS } = mintAccessToken(grant, key);
    expect(verifier().verify(token, peer)).toEqual({ sub: claims.sub, scope: new Set(["packet.upload", "packet.read"]), jti, iatS: nowS, expS, azp: peer.spiffe });
    expect(expS).toBe(nowS + 900);
    expect(jti).toMatch(/^tok_[0-9a-z]{26}$/);
  });

  test("is the bytes that the claims canonically have", () => {
    expect(mintAccessToken({ ...grant, jti: claims.jti }, key).token).toBe(signed(header, claims));
  });

  test.each([0, -1, 901, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("can't live %d seconds", (lifetimeS) => {
    expect(() => mintAccessToken({ ...grant, lifetimeS }, key)).toThrow(RangeError);
  });

  test.each([
    ["an empty subject", { sub: "" }, "token.claims"],
    ["a quote in the subject", { sub: 'a","x":"' }, "token.claims"],
    ["no scope", { scope: "" }, "token.claims"],
    ["no thumbprint", { x5t: "" }, "token.binding"],
    ["a workload that is no SPIFFE ID", { azp: "ingest" }, "token.claims"],
    ["a time that is no second", { iatS: 1.5 }, "token.time"],
  ])("is not minted with %s", (_, changed, code) => {
    expect(() => mintAccessToken({ ...grant, ...changed }, key)).toThrow(code);
  });
});

describe("the bearer field", () => {
  const { token } = mintAccessToken(grant, key);
  test("is taken where there is one", () => {
    expect(verifier().verify([`Bearer ${token}`], peer).sub).toBe(claims.sub);
  });
  test.each([
    ["none", undefined],
    ["an empty list", []],
    ["an empty value", [""]],
    ["the scheme alone", ["Bearer"]],
    ["the scheme and a space", ["Bearer "]],
    ["another scheme", [`Basic ${token}`]],
    ["a scheme in another case", [`bearer ${token}`]],
    ["two", [`Bearer ${token}`, `Bearer ${token}`]],
  ])("is missing where there is %s", (_, values) => {
    expect(() => verifier().verify(values, peer)).toThrow("token.missing");
  });
  test("with two tokens in one value is malformed", () => {
    expect(() => verifier().verify([`Bearer ${token}, Bearer ${token}`], peer)).toThrow("token.malformed");
  });
});

describe("the remembered signatures", () => {
  const counting = (cacheSize: number): { made: AccessTokenVerifier; count: () => number } => {
    let count = 0;
    const signature: typeof strictChecks.signature = (ring, parts) => {
      count += 1;
      strictChecks.signature(ring, parts);
    };
    return { made: verifier({ signature }, { cacheSize }), count: () => count };
  };
  const numbered = (n: number): string => mintAccessToken({ ...grant, jti: `tok_number_${n}` }, key).token;

  test("spare the second verification of the same bytes, and of no others", () => {
    const { made, count } = counting(4);
    for (const n of [1, 1, 2, 1, 2]) made.verify(numbered(n), peer);
    expect(count()).toBe(2);
  });

  test("are none where the size is 0", () => {
    const { made, count } = counting(0);
    for (const n of [1, 1]) made.verify(numbered(n), peer);
    expect(count()).toBe(2);
  });

  test("are never more than the size", () => {
    const { made, count } = counting(2);
    for (const n of [1, 2, 3, 3, 2, 1]) made.verify(numbered(n), peer);
    expect(count()).toBe(4);
  });

  test("are forgotten with another ring, and kept with the same", () => {
    const { made, count } = counting(4);
    made.verify(numbered(1), peer);
    made.setKeys([{ ...ringKey }]);
    made.verify(numbered(1), peer);
    expect(count()).toBe(1);
    made.setKeys([{ ...ringKey, untilS: null }]);
    made.verify(numbered(1), peer);
    expect(count()).toBe(2);
  });

  test("don't outlive their key", () => {
    const { made } = counting(4);
    expect(outcome(made, numbered(1))).toBe("accepted");
    made.setKeys([]);
    expect(outcome(made, numbered(1))).toBe("token.key");
  });

  test("don't hold refused tokens", () => {
    const { made } = counting(4);
    const forged = `${signed().slice(0, -86)}${"A".repeat(86)}`;
    expect([outcome(made, forged), outcome(made, forged)]).toEqual(["token.signature", "token.signature"]);
  });
});

describe("the ring", () => {
  test("refuses every token before it is set", () => {
    expect(outcome(new AccessTokenVerifier({ issuer, audience, now: clock.now }), signed())).toBe("token.key");
  });

  test.each([
    ["a kid twice", [ringKey, ringKey]],
    ["a kid that is a path", [{ ...ringKey, kid: "../a" }]],
    ["a key of low order", [{ ...ringKey, x: Buffer.alloc(32).toString("base64url") }]],
    ["a key that is too short", [{ ...ringKey, x: "AAAA" }]],
    ["a window that is no number", [{ ...ringKey, fromS: Number.NaN }]],
  ])("with %s is refused, and the one in force stays", (_, keys) => {
    const made = verifier();
    expect(() => made.setKeys(keys)).toThrow(RangeError);
    expect(outcome(made, signed())).toBe("accepted");
  });
});

test("a clock that is 5 seconds behind the custodian's still takes its tokens", () => {
  expect(outcome(verifier(), signed(header, { ...claims, iat: nowS + 5 }))).toBe("accepted");
});
