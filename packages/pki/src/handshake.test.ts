import { constants } from "node:crypto";
import { connect } from "node:tls";
import { faultTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { CLIENT, Deployment, SERVER } from "../test/deployment.ts";
import { knock, openDoor } from "../test/door.ts";
import { clientOptions, serverOptions } from "./index.ts";

const deployment = new Deployment();
const server = deployment.server();
const client = deployment.client();
const unverified = { rejectUnauthorized: false } as const;

test("a client of ours is welcome over TLS 1.3", async () => {
  await using door = await openDoor(serverOptions(server));
  expect(await knock(door.port, clientOptions(client, SERVER))).toMatchObject({ outcome: "welcome", resumed: false });
});

describe("who gets in", () => {
  faultTest("M1", "a client without a certificate gets no HTTP", async (defence) => {
    await using door = await openDoor({ ...serverOptions(server), ...(defence === "off" && unverified) }, { identify: defence === "on" });
    expect((await knock(door.port, { ca: deployment.caPem })).outcome).toBe("refused");
  });

  faultTest("M2", "a client of another authority with the same name gets no HTTP", async (defence) => {
    const impostor = new Deployment().client();
    await using door = await openDoor({ ...serverOptions(server), ...(defence === "off" && unverified) }, { identify: defence === "on" });
    expect((await knock(door.port, { key: impostor.keyPem, cert: impostor.certPem, ...unverified })).outcome).toBe("refused");
  });

  faultTest("M3", "an expired client gets no HTTP", async (defence) => {
    const expired = deployment.identity(CLIENT, { lifetimeSeconds: 60, shiftMs: -3_600_000 });
    await using door = await openDoor({ ...serverOptions(server), ...(defence === "off" && unverified) }, { identify: defence === "on" });
    expect((await knock(door.port, clientOptions(expired, SERVER))).outcome).toBe("refused");
  });

  faultTest("M3", "a client whose certificate has not begun gets no HTTP", async (defence) => {
    const early = deployment.identity(CLIENT, { shiftMs: 3_600_000 });
    await using door = await openDoor({ ...serverOptions(server), ...(defence === "off" && unverified) }, { identify: defence === "on" });
    expect((await knock(door.port, clientOptions(early, SERVER))).outcome).toBe("refused");
  });

  faultTest("M4", "a revoked client gets no HTTP, and others do", async (defence) => {
    const revoked = deployment.client();
    const { pem } = deployment.authority().revocationList([{ serial: revoked.serial, atMs: Date.now() }], 60);
    await using door = await openDoor(serverOptions(server, defence === "on" ? { crlPem: pem } : {}));
    expect((await knock(door.port, clientOptions(revoked, SERVER))).outcome).toBe("refused");
    expect((await knock(door.port, clientOptions(client, SERVER))).outcome).toBe("welcome");
  });

  faultTest("M5", "a stale revocation list lets nobody in", async (defence) => {
    const { pem } = deployment.authority(-3_600_000).revocationList([], 60);
    await using door = await openDoor(serverOptions(server, defence === "on" ? { crlPem: pem } : {}));
    expect((await knock(door.port, clientOptions(client, SERVER))).outcome).toBe("refused");
  });

  test("[M5] a listener with an unreadable revocation list does not start", () => {
    expect(() => serverOptions(server, { crlPem: "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n" })).toThrow("workload.crl_stale");
  });
});

describe("what it is spoken in", () => {
  const old = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
  const lax = { minVersion: "TLSv1.2", ciphers: "ALL:eNULL:@SECLEVEL=0" } as const;

  faultTest("M9", "TLS 1.2 is refused", async (defence) => {
    await using door = await openDoor({ ...serverOptions(server), ...(defence === "off" && lax) });
    const { ecdhCurve, key, cert, ca } = clientOptions(client, SERVER);
    expect((await knock(door.port, { ecdhCurve, key, cert, ca, ...old, ...unverified } as never)).outcome).toBe("refused");
  });

  faultTest("M9", "a suite that does not encrypt is refused", async (defence) => {
    await using door = await openDoor({ ...serverOptions(server), ...(defence === "off" && lax) });
    const nothing = { ...old, ciphers: "eNULL:@SECLEVEL=0", key: client.keyPem, cert: client.certPem, ...unverified };
    expect((await knock(door.port, nothing)).outcome).toBe("refused");
  });

  faultTest("M9", "nobody renegotiates", async (defence) => {
    await using door = await openDoor({ ...serverOptions(server), ...(defence === "off" && lax) });
    const { key, cert } = clientOptions(client, SERVER);
    const options = { host: "127.0.0.1", port: door.port, key, cert, ...unverified, ...(defence === "off" && old) } as never;
    const renegotiated = await new Promise<boolean>((resolve) => {
      const socket = connect(options, () => {
        const asked = socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error === null || error === undefined));
        if (asked === false) resolve(false);
      });
      socket.on("error", () => resolve(false));
      socket.setTimeout(3000, () => resolve(false));
    });
    expect(renegotiated).toBe(false);
  });
});

describe("what can't be resumed", () => {
  const withTickets = { secureOptions: 0, sessionTimeout: 3600 } as const;
  const callWith = (identity: typeof client, session?: Buffer) => {
    const { checkServerIdentity: _, ...options } = clientOptions(identity, SERVER);
    // A hostile client keeps the session and skips its own checks.
    return { ...options, ...unverified, secureOptions: 0, ...(session !== undefined && { session }) };
  };

  faultTest(
    "M10",
    "a session does not outlive its certificate",
    async (defence) => {
      const short = deployment.identity(CLIENT, { lifetimeSeconds: 2 });
      await using door = await openDoor({ ...serverOptions(server), ...(defence === "off" && withTickets) }, { identify: defence === "on" });
      const first = await knock(door.port, callWith(short));
      expect(first.outcome).toBe("welcome");
      await new Promise((resolve) => setTimeout(resolve, short.notAfterMs - Date.now() + 1200));
      expect((await knock(door.port, callWith(short, first.session))).outcome).toBe("refused");
    },
    15_000,
  );

  faultTest("M11", "a session does not outlive a revocation", async (defence) => {
    const ticketKeys = Buffer.alloc(48, 7);
    const list = (serials: string[]) =>
      deployment.authority().revocationList(
        serials.map((serial) => ({ serial, atMs: Date.now() })),
        60,
      ).pem;
    const lax = defence === "off" ? { ...withTickets, ticketKeys } : {};
    const doomed = deployment.client();
    await using door = await openDoor({ ...serverOptions(server, { crlPem: list([]) }), ...lax }, { identify: defence === "on" });
    const first = await knock(door.port, callWith(doomed));
    expect(first.outcome).toBe("welcome");
    door.server.setSecureContext({ ...serverOptions(server, { crlPem: list([doomed.serial]) }), ...lax });
    expect((await knock(door.port, callWith(doomed, first.session))).outcome).toBe("refused");
  });

  faultTest("M11", "a ticket of another listener opens nothing", async (defence) => {
    const ticketKeys = Buffer.alloc(48, 7);
    const lax = defence === "off" ? { ...withTickets, ticketKeys } : {};
    const elsewhere = new Deployment();
    const stranger = elsewhere.client();
    await using other = await openDoor({ ...serverOptions(elsewhere.server()), ...withTickets, ticketKeys }, { identify: false });
    await using door = await openDoor({ ...serverOptions(server), ...lax }, { identify: defence === "on" });
    const first = await knock(other.port, callWith(stranger));
    expect(first.session).toBeInstanceOf(Buffer);
    expect((await knock(door.port, callWith(stranger, first.session))).outcome).toBe("refused");
  });

  test("nothing of ours is resumed, not even by a caller that tries", async () => {
    await using door = await openDoor(serverOptions(server));
    const first = await knock(door.port, callWith(client));
    expect(await knock(door.port, callWith(client, first.session))).toMatchObject({ outcome: "welcome", resumed: false });
  });
});

describe("who answers", () => {
  const answer = (identity: typeof server, expected = SERVER) =>
    openDoor(serverOptions(identity)).then(async (door) => {
      await using _ = door;
      return (await knock(door.port, clientOptions(client, expected))).outcome;
    });

  test("a server of another name is hung up on", async () => {
    expect(await answer(deployment.identity(`${SERVER}-2`, { dns: ["localhost"] }))).toBe("refused");
    expect(await answer(server)).toBe("welcome");
  });

  test("a server with another authority behind it is hung up on", async () => {
    expect(await answer({ ...new Deployment().server(), caPem: deployment.caPem } as typeof server)).toBe("refused");
  });

  test("the options name only what TLS 1.3 without tickets needs", () => {
    expect(serverOptions(server)).toMatchObject({
      minVersion: "TLSv1.3",
      maxVersion: "TLSv1.3",
      requestCert: true,
      rejectUnauthorized: true,
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    expect(clientOptions(client, SERVER)).toMatchObject({
      minVersion: "TLSv1.3",
      maxVersion: "TLSv1.3",
      rejectUnauthorized: true,
      maxCachedSessions: 0,
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
  });
});
