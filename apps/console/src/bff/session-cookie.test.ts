import { expect, test } from "vitest";
import { NO_SESSION_COOKIE, readSessionCookie, sessionCookie } from "./session-cookie.ts";

const SECRET = "a".repeat(43);

test("the cookie is for this host alone, out of script's reach, and never sent from another site", () => {
  expect(sessionCookie(SECRET)).toBe(`__Host-sallyport=${SECRET}; Path=/; Secure; HttpOnly; SameSite=Strict`);
  expect(NO_SESSION_COOKIE).toMatch(/^__Host-sallyport=; Max-Age=0; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  expect(`${sessionCookie(SECRET)}${NO_SESSION_COOKIE}`).not.toMatch(/domain/i);
});

test("it is read back, whatever stands around it", () => {
  expect(readSessionCookie(`a=b; __Host-sallyport=${SECRET}; sallyport-theme=dark`)).toBe(SECRET);
});

test.each([
  undefined,
  "",
  "__Host-sallyport=",
  `__Host-sallyport=${SECRET}=`,
  `__Host-sallyport=${SECRET.slice(1)}`,
  `__Host-sallyport=${SECRET}; __Host-sallyport=${"b".repeat(43)}`,
  `sallyport=${SECRET}`,
  `x__Host-sallyport=${SECRET}`,
])("%j holds no session", (header) => {
  expect(readSessionCookie(header)).toBeNull();
});
