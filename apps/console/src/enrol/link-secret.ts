/**
 * Takes the one-time secret out of the address: it is read once, and wiped from the address bar and the history entry at once, so that
 * neither Back nor a glance at the screen finds it. Null where there is none.
 */
export function takeLinkSecret(): string | null {
  const secret = /^#([A-Za-z0-9_-]{43})$/.exec(location.hash)?.[1] ?? null;
  if (location.hash !== "") history.replaceState(history.state, "", location.pathname);
  return secret;
}
