import { expect, test } from "vitest";
import { RouteList } from "./index.ts";

const https = { kind: "https", name: "gateway", host: "portal.example", port: 443, path: "/packets", credential: "portal" } as const;
const sftp = { kind: "sftp", name: "drop", host: "sftp.example", port: 22, folder: "/in", user: "sender", hostKey: `SHA256:${"A".repeat(43)}`, credential: "ssh" } as const;

test("routes are of a form in which nothing leads elsewhere", () => {
  expect(RouteList.safeParse([https, sftp]).success).toBe(true);
  for (const wrong of [
    [],
    [https, https],
    [{ ...https, host: "portal.example/x" }],
    [{ ...https, host: "user@portal.example" }],
    [{ ...https, path: "/a/../b" }],
    [{ ...https, path: "/a?b" }],
    [{ ...https, path: "packets" }],
    [{ ...https, port: 0 }],
    [{ ...sftp, folder: "/../etc" }],
    [{ ...sftp, hostKey: "MD5:00" }],
    [{ ...sftp, password: "x" }],
    [https, sftp, { ...https, name: "c" }, { ...https, name: "d" }, { ...https, name: "e" }],
  ])
    expect([wrong, RouteList.safeParse(wrong).success]).toEqual([wrong, false]);
});
