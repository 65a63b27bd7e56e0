import { type AccessClaims, type AccessTokenChecks, AccessTokenVerifier, newId, strictChecks } from "@sallyport/crypto";
import type { CustodianStatus } from "@sallyport/custody";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect } from "vitest";
import { DoorClient, type Reply } from "./door-client.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { policyKeptForGood, type Ports, principalsAs } from "./lax-ports.ts";
import { type Api, codeOf, type Deployment, deployment, principalOf, type ServeOptions, until, type Who } from "./stack.ts";

let at: Deployment;
beforeAll(async () => {
  at = await deployment();
});
afterAll(() => at?.close());

const LIST = { path: "/trpc/subjects.list", body: "{}" };
const ask = (api: Api, authorization: string | string[] | null, who: Who = "reviewer", path = LIST.path): Promise<Reply> =>
  api.client(who).send({ ...LIST, path, headers: authorization === null ? {} : { authorization } });

/** A verifier that leaves out some of the checks. */
function checking(over: Partial<AccessTokenChecks>, read = (authorization: readonly string[]): string | readonly string[] => authorization, now: () => number = Date.now): Ports {
  return (real) => {
    const verifier = new AccessTokenVerifier({ issuer: `https://${at.trustDomain}/custodian`, audience: `https://${at.trustDomain}/api`, now }, { ...strictChecks, ...over });
    verifier.setKeys(lastStatus().tokenKeys);
    return { ...real, tokens: { verify: (authorization, peer) => verifier.verify(read(authorization), peer) } };
  };
}

let said: CustodianStatus | undefined;
const lastStatus = (): CustodianStatus => {
  if (said === undefined) throw new Error("the custodian said nothing yet");
  return said;
};
const serve = (options: ServeOptions = {}): Promise<Api> =>
  at.serve({
    ...options,
    custodian: (real) => {
      const listening = custodianWith(real, { status: async (asked, deadlineMs) => (said = await real.status(asked, deadlineMs)) });
      return options.custodian?.(listening) ?? listening;
    },
  });

const refused = (reply: Reply, ...codes: readonly string[]): void => expect([reply.status, codes.includes(codeOf(reply)) ? codes : codeOf(reply)]).toEqual([401, codes]);

const anyone = (workload: string): AccessClaims => {
  const nowS = Math.floor(Date.now() / 1000);
  return { sub: principalOf("reviewer"), scope: new Set(["subject.list"]), jti: newId("tok"), iatS: nowS, expS: nowS + 900, azp: workload };
};

/** Takes the caller's word where there is no single token, and the first of several. */
const credulous: Ports = (real) => ({
  ...real,
  tokens: {
    verify(authorization, peer) {
      const [first = ""] = authorization;
      return /^Bearer \S/.test(first) ? real.tokens.verify([first], peer) : anyone(peer.spiffe);
    },
  },
});

/** Takes whatever it can't read for somebody. */
const forgiving: Ports = (real) => ({
  ...real,
  tokens: {
    verify(authorization, peer) {
      try {
        return real.tokens.verify(authorization, peer);
      } catch {
        return anyone(peer.spiffe);
      }
    },
  },
});

faultTest("T1", "no token, an empty one, a scheme alone, two headers and a token in the query are refused with 401", async (defence) => {
  await using api = await serve(defence === "off" ? { ports: credulous } : {});
  const token = at.forge("reviewer");
  refused(await ask(api, null), "token.missing");
  for (const authorization of ["", "Bearer", "Bearer ", `Basic ${token}`]) refused(await ask(api, authorization), "token.missing", "token.malformed");
  refused(await ask(api, [`Bearer ${token}`, `Bearer ${token}`]), "token.missing");
  refused(await ask(api, null, "reviewer", `${LIST.path}?access_token=${token}&authorization=Bearer%20${token}`), "token.missing");
});

faultTest(
  "T3",
  "a token with any of its bytes changed is refused at the door",
  async (defence) => {
    await using api = await serve(defence === "off" ? { ports: checking({ signature: () => undefined }) } : {});
    const token = at.forge("reviewer");
    // By one bit, to another letter of the alphabet: each place of the token.
    const changed = Array.from(token, (letter, place) => (letter === "." ? null : `${token.slice(0, place)}${letter === "A" ? "B" : "A"}${token.slice(place + 1)}`)).filter(
      (each) => each !== null && each !== token,
    );
    for (let first = 0; first < changed.length; first += 50) {
      const replies = await Promise.all(changed.slice(first, first + 50).map((each) => ask(api, `Bearer ${each ?? ""}`)));
      expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 401));
    }
  },
  60_000,
);

faultTest("T4", "a token in any other spelling than its own is refused at the door", async (defence) => {
  const lenient = (authorization: readonly string[]): readonly string[] => authorization.map((each) => `Bearer ${each.replace(/^bearer\s+/i, "").replaceAll(/[=\s"]/g, "")}`);
  await using api = await serve(defence === "off" ? { ports: checking({}, lenient) } : {});
  const token = at.forge("reviewer");
  const [header = "", payload = "", signature = ""] = token.split(".");
  for (const spelling of [`${token}=`, `${header}=.${payload}.${signature}`, `${token} =`, `"${token}"`, ` ${token}`, `${header} .${payload}.${signature}`]) {
    refused(await ask(api, `Bearer ${spelling}`), "token.malformed", "token.missing");
  }
});

faultTest("T10", "a principal whose role the policy doesn't know is granted nothing", async (defence) => {
  const id = `svc_stranger_${defence}`;
  const workload = `spiffe://${at.trustDomain}/service/stranger-${defence}`;
  await at.owner.run`INSERT INTO policy.principals (id, name, kind, person, workload) VALUES (${id}, ${id}, 'service', ${id}, ${workload})`;
  await at.owner.run`INSERT INTO policy.assignments (principal, role, study, site, from_ms) VALUES (${id}, 'superuser', '*', '*', 0)`;
  // Off: a role that isn't known falls back to one that is.
  const fallback = principalsAs((principal) => ({
    ...principal,
    assignments: principal.assignments.map((each) => ({ ...each, role: each.role === "superuser" ? "clinical_reviewer" : each.role })),
  }));
  await using api = await serve(defence === "off" ? { ports: fallback } : {});
  const identity = await at.issue(workload);
  const client = new DoorClient(api.port, at.trustDomain, identity);
  try {
    const token = at.forge("reviewer", { sub: id, azp: workload, x5t: at.x5t(identity) });
    for (const procedure of ["subjects.list", "packets.list", "trail.chains", "studies.list", "workloads.list", "access.mine"]) {
      const reply = await client.call(procedure, {}, token);
      expect([procedure, reply.status, codeOf(reply)]).toEqual([procedure, 403, "policy.denied"]);
    }
    const minted = await client.send({ path: "/token", body: "{}" });
    expect([minted.status, codeOf(minted)]).toEqual([403, "policy.denied"]);
  } finally {
    client.close();
    await at.owner.run`DELETE FROM policy.assignments WHERE principal = ${id}`;
    await at.owner.run`DELETE FROM policy.principals WHERE id = ${id}`;
  }
});

faultTest("T11", "a token that another workload carries is refused at the door", async (defence) => {
  // Off: neither the certificate nor the workload of the token's owner is asked for.
  const unbound: Ports = (real) => checking({ binding: () => undefined })(principalsAs((principal) => ({ ...principal, workload: at.spiffe("ingest") }))(real));
  await using api = await serve(defence === "off" ? { ports: unbound } : {});
  refused(await ask(api, `Bearer ${at.forge("reviewer")}`, "ingest"), "token.binding");
});

const REVOCATIONS = {
  "a token that is revoked": async (jti: string) =>
    void (await at.owner.run`INSERT INTO policy.revoked_tokens (jti, exp_s) VALUES (${jti}, ${Math.floor(Date.now() / 1000) + 900})`),
  "a principal that is suspended": async () => void (await at.owner.run`UPDATE policy.principals SET status = 'suspended' WHERE id = ${principalOf("reviewer704")}`),
  "a principal whose earlier tokens were ended": async () =>
    void (await at.owner.run`UPDATE policy.principals SET tokens_from_s = ${Math.floor(Date.now() / 1000) + 60} WHERE id = ${principalOf("reviewer704")}`),
};

for (const [what, revoke] of Object.entries(REVOCATIONS)) {
  faultTest("T12", `${what} is refused from the next second on`, async (defence) => {
    await using api = await serve(defence === "off" ? { ports: policyKeptForGood } : {});
    const jti = newId("tok");
    const token = at.forge("reviewer704", { jti });
    expect((await ask(api, `Bearer ${token}`, "reviewer704")).status).toBe(200);
    try {
      await revoke(jti);
      const untilMs = performance.now() + 1000;
      let reply: Reply;
      do reply = await ask(api, `Bearer ${token}`, "reviewer704");
      while (reply.status === 200 && performance.now() < untilMs);
      refused(reply, "token.revoked");
    } finally {
      await at.owner.run`UPDATE policy.principals SET status = 'active', tokens_from_s = 0 WHERE id = ${principalOf("reviewer704")}`;
    }
  });
}

faultTest("T14", "while the store of principals and revocations can't be read, nothing is decided: 503", async (defence) => {
  await using api = await serve(defence === "off" ? { ports: policyKeptForGood } : {});
  const token = at.forge("reviewer");
  expect((await ask(api, `Bearer ${token}`)).status).toBe(200);
  await at.owner.run`REVOKE SELECT ON policy.epoch FROM sallyport_api`;
  try {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const reply = await ask(api, `Bearer ${token}`);
    expect([reply.status, codeOf(reply)]).toEqual([503, "policy.unavailable"]);
    expect((await api.client("reviewer").send({ method: "GET", path: "/health" })).status).toBe(503);
  } finally {
    await at.owner.run`GRANT SELECT ON policy.epoch TO sallyport_api`;
  }
  await until(async () => (await ask(api, `Bearer ${token}`)).status === 200);
});

faultTest("T15", "an unsigned, nested, five-part or huge token is refused within a fraction of a second", async (defence) => {
  await using api = await serve(defence === "off" ? { ports: forgiving } : {});
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = at.forge("reviewer");
  const [header = "", payload = ""] = token.split(".");
  for (const [odd, status] of [
    [`${part({ alg: "none" })}.${payload}.`, 401],
    [`${part({ alg: "dir", enc: "A256GCM", cty: "JWT" })}..${token}.${payload}.${header}`, 401],
    [[token, token, token, token, token].join("."), 401],
    [`${token}${"A".repeat(12_000)}`, 401],
    ["A".repeat(1024 * 1024), 413],
  ] as const) {
    const from = performance.now();
    const reply = await ask(api, `Bearer ${odd}`);
    expect(reply.status).toBe(status);
    expect(performance.now() - from).toBeLessThan(1000);
  }
});

faultTest("T16", "on a node whose clock is off, no token is taken beyond five seconds of skew", async (defence) => {
  // Off: the node takes any time for the right one.
  const timeless = checking({ time: () => undefined });
  for (const [offMs, codes] of [
    [-8000, ["token.time"]],
    [-3_600_000, ["token.time", "workload.invalid"]],
    [3_000_000, ["token.time"]],
    [3_600_000, ["token.time", "workload.crl_stale"]],
  ] as const) {
    await using api = await serve({ now: () => Date.now() + offMs, ...(defence === "off" && { ports: timeless }) });
    const code = codeOf(await ask(api, `Bearer ${at.forge("reviewer")}`));
    expect(codes).toContain(code);
  }
  await using near = await serve({ now: () => Date.now() - 3000 });
  expect((await ask(near, `Bearer ${at.forge("reviewer")}`)).status).toBe(200);
});

faultTest("T17", "a token's key is taken while its window lasts, not after it and not before it", async (defence) => {
  let window = { fromS: 0, untilS: null as number | null };
  await using api = await serve({
    custodian: (real) =>
      custodianWith(real, {
        status: async (asked, deadlineMs) => ({ ...(await real.status(asked, deadlineMs)), tokenKeys: tokenKeysIn(await real.status({}, deadlineMs), window) }),
      }),
    ...(defence === "off" && { ports: checking({ key: (ring, kid) => ring.get(kid) ?? strictChecks.key(ring, kid, 0) }) }),
  });
  const nowS = Math.floor(Date.now() / 1000);
  const token = `Bearer ${at.forge("reviewer")}`;
  const answers = async (want: string): Promise<void> => {
    await until(async () => codeOf(await ask(api, token)) === want, 2500).catch(() => undefined);
    expect(codeOf(await ask(api, token))).toBe(want);
  };
  window = { fromS: nowS - 60, untilS: nowS + 600 };
  await answers("ok");
  window = { fromS: nowS - 60, untilS: nowS - 1 };
  await answers("token.key");
  window = { fromS: nowS + 60, untilS: null };
  await answers("token.key");
});

const tokenKeysIn = ({ tokenKeys: keys }: CustodianStatus, window: { readonly fromS: number; readonly untilS: number | null }): CustodianStatus["tokenKeys"] =>
  keys.map((key) => ({ ...key, ...window }));
