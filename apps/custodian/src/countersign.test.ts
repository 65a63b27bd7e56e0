import { newId, sha256 } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import { signingAssertion, verifySignature } from "@sallyport/signature";
import { expect, test } from "vitest";
import { approveAs, enrolPerson, founders, person, statementOf } from "../test/people.ts";
import { PARTY, start } from "../test/running.ts";
import { manifestFor, signAs } from "../test/signing.ts";

const outcome = (work: Promise<unknown>): Promise<string> => work.then(() => "done", codeOf);

test("what a person signs is countersigned under the deployment's key, verifies offline, and is on record", async () => {
  const running = await start();
  const [ada] = await founders(running);
  const manifest = manifestFor(running, ada);
  running.clock.advance(60_000);
  const response = ada.authenticator.assert(sha256(manifest));
  const { note } = await running.client.approve({ kind: "sign", manifest, response }, 2000);
  const { checkpointKey, events } = await running.client.status({}, 2000);
  const verified = verifySignature({ manifest, assertion: signingAssertion(response), note }, { vkeys: [checkpointKey.vkey] });
  expect(verified.note).toMatchObject({ person: ada.id, origin: PARTY.origin, basis: "founding", standing: "proven", at: new Date(running.clock.now()).toISOString() });
  const { signature, document } = verified.manifest;
  expect(events.filter(({ action }) => action === "signature.verified")).toEqual([
    expect.objectContaining({
      resource: `signature/${signature}`,
      detail: `by=${ada.id};document=${document};version=1;meaning=approval;basis=founding;standing=proven`,
    }),
  ]);
});

test("the same signature is countersigned once, with one note, after a restart too, and is forgotten after a day", async () => {
  const running = await start();
  const [ada] = await founders(running);
  const manifest = manifestFor(running, ada);
  const request = { kind: "sign", manifest, response: ada.authenticator.assert(sha256(manifest)) } as const;
  const first = await running.client.approve(request, 2000);
  running.clock.advance(300_000);
  expect(await running.client.approve(request, 2000)).toEqual(first);
  const again = await running.restart();
  expect(await again.client.approve(request, 2000)).toEqual(first);
  expect((await again.client.status({}, 2000)).events.filter(({ action }) => action === "signature.verified").length).toBe(1);
  again.clock.advance(86_400_001);
  await signAs(again, ada, manifestFor(again, ada));
  expect(again.custodian.store.all("signature").size).toBe(1);
});

test("what isn't a manifest of this deployment, signed by a passkey, is countersigned for nobody", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const manifest = manifestFor(running, ada);
  expect(await outcome(running.client.approve({ kind: "sign", manifest: `${manifest} `, response: "{}" }, 2000))).toBe("verb.invalid");
  expect(await outcome(signAs(running, ada, statementOf(running, bob)))).toBe("verb.invalid");
  expect(await outcome(signAs(running, ada, manifestFor(running, ada, { deployment: "elsewhere" })))).toBe("verb.refused");
  expect(await outcome(signAs(running, ada, manifestFor(running, ada, { method: "server-attested" })))).toBe("verb.refused");
  expect(await outcome(signAs(running, ada, manifestFor(running, ada, { preparedAt: new Date(running.clock.now() + 6000).toISOString() })))).toBe("signature.challenge");
  // A manifest is no statement either: what signs a document approves nothing.
  expect(await outcome(approveAs(running, ada, manifest))).toBe("verb.invalid");
});

test("a signature by a passkey that was taken in upon the api's word says so for good", async () => {
  const running = await start();
  const eve = person();
  await enrolPerson(running, eve, { kind: "invitation", approval: null });
  const { note } = await signAs(running, eve, manifestFor(running, eve, { author: newId("per") }));
  expect(note).toContain("\ninvitation attested\n");
});
