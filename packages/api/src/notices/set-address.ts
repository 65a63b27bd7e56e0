import { newId, sha256Hex } from "@sallyport/crypto";
import type { ApiDeps } from "../ports.ts";

/** What a passkey signs to change where its person is told, as 64 hex digits: the address, none as an empty one, and when. */
export const addressDigest = (person: string, address: string | null, at: string): string => sha256Hex(`sallyport/notices/v1\n${person}\n${address ?? ""}\n${at}\n`);

/** Changes where a person is told. The address before and the new one are both told that it was: who takes over a session can't do it quietly. */
export async function setAddress<Tx>(
  deps: Pick<ApiDeps<Tx>, "alerts" | "people" | "now">,
  tx: Tx,
  { person, address, by, request }: { readonly person: string; readonly address: string | null; readonly by: string; readonly request: string },
): Promise<void> {
  const { people } = deps.people;
  const atMs = deps.now();
  const tell = (which: "before" | "new"): Promise<unknown> =>
    deps.alerts.raise(tx, {
      key: `address.changed:${newId("ntc")}`,
      kind: "address.changed",
      chain: "system",
      about: `person/${person}`,
      facts: { person, by, request, address: which === "before" ? "this was it" : "this is it from now on" },
      atMs,
      people: [person],
    });
  const before = await people.noticeAddress(tx, person);
  if (before === address) return;
  if (before !== null) await tell("before");
  await people.setNoticeAddress(tx, { person, address, by, atMs });
  if (address !== null) await tell("new");
}
