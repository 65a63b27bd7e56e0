/** The sites within a wide right at which it is stopped now; nothing where there is none. */
export function StoppedAt({ sites }: { readonly sites: readonly string[] }) {
  return sites.length === 0 ? null : <span className="row-under">stopped now, locked or closed: {sites.join(", ")}</span>;
}
