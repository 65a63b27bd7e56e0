import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";

interface Packet {
  readonly packetId: string;
  readonly isMine: boolean;
  readonly ingestedByName: string | null;
  readonly decidedByName: string | null;
}

let at: Deployment;
let api: Api;
let persons: Persons;
let cora: SignedIn;
let stan: SignedIn;
let both: SignedIn;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
  persons = await Persons.of(at);
  cora = await persons.add("cora", "site_coordinator", { study: STUDY, site: "701" });
  stan = await persons.add("stan", "data_steward", { study: STUDY });
  // Another account of the coordinator's, that may release.
  both = await persons.add("cora2", "data_steward", { study: STUDY, as: cora });
  await persons.known(api);
});
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

const waitingFor = async (who: SignedIn): Promise<number> => {
  const { needs } = dataOf(await who.call(api, "overview.get", {})) as { needs: readonly { kind: string; count: number }[] };
  return needs.find(({ kind }) => kind === "packet")?.count ?? 0;
};
/** One packet of one subject, by the coordinator. */
const bring = async (subject: string): Promise<Packet> =>
  dataOf(await cora.call(api, "packets.upload", { study: STUDY, content: demographics([{ site: "701", subject }]) })) as Packet;

test("a packet in quarantine waits for who may release it, and for nobody who brought it in, by whichever account", async () => {
  const before = await waitingFor(stan);
  expect(await bring("9001")).toMatchObject({ isMine: true, decidedByName: null });
  expect(await Promise.all([cora, stan, both].map(waitingFor))).toEqual([0, before + 1, before]);
});

test("a packet says who brought it in and who decided by their names, and whether it is the reader's own", async () => {
  const { packetId } = await bring("9002");
  const seen = async (who: SignedIn): Promise<Packet | undefined> =>
    (dataOf(await who.call(api, "packets.list", { study: STUDY })) as { items: readonly Packet[] }).items.find((each) => each.packetId === packetId);
  // Names are a few seconds old at most.
  await vi.waitFor(async () => expect(await seen(stan)).toMatchObject({ isMine: false, ingestedByName: "cora Person", decidedByName: null }), 15_000);
  expect(await seen(both)).toMatchObject({ isMine: true });
  const waiting = await waitingFor(stan);
  expect(codeOf(await stan.call(api, "packets.reject", { packetId, reason: "sent to the wrong study" }))).toBe("ok");
  expect(await seen(stan)).toMatchObject({ decidedByName: "stan Person" });
  expect(await waitingFor(stan)).toBe(waiting - 1);
});

test("who brings packets in may know the studies and sites that they do it for, and no others", async () => {
  const { studies } = dataOf(await cora.call(api, "studies.list", {})) as { studies: readonly { study: string; sites: readonly { site: string }[] }[] };
  expect(studies.map(({ study, sites }) => [study, sites.map(({ site }) => site)])).toEqual([[STUDY, ["701"]]]);
});
