import { afterEach, describe, expect, test, vi } from "vitest";
import { sendCall } from "./send.ts";
import { WireFailure } from "./wire-failure.ts";

afterEach(() => vi.unstubAllGlobals());

describe("a call from the browser", () => {
  test("whose connection ends without an answer says that it is unknown what became of it", async () => {
    vi.stubGlobal("fetch", async () => await Promise.reject(new TypeError("Failed to fetch")));
    const failure = await sendCall("people.list", {}).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WireFailure);
    expect(failure).toMatchObject({ code: "connection.lost", isPassing: true });
  });

  test("that was given up by the page is no failure of the connection", async () => {
    const given = new AbortController();
    given.abort();
    vi.stubGlobal("fetch", async (_url: string, { signal }: RequestInit) => await Promise.reject(signal?.reason));
    const thrown = await sendCall("people.list", {}, { signal: given.signal }).catch((error: unknown) => error);
    expect(thrown).not.toBeInstanceOf(WireFailure);
  });
});
