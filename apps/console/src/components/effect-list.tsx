interface EffectLine {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What will be so, line by line, beside what is so now. A line that warns is marked by its words and its look. */
export function EffectList({ lines }: { readonly lines: readonly EffectLine[] }) {
  return (
    <ul className="effect">
      {lines.map(({ what, before, after }) => (
        <li key={`${what} ${after ?? ""}`} className={what.startsWith("warning: ") ? "effect-line effect-warning" : "effect-line"}>
          <span className="effect-what">{what}</span>
          <span className="effect-before">
            <span className="visually-hidden">now: </span>
            {before ?? "nothing"}
          </span>
          <span className="effect-arrow" aria-hidden="true">
            →
          </span>
          <span className="effect-after">
            <span className="visually-hidden">then: </span>
            {after ?? "nothing"}
          </span>
        </li>
      ))}
    </ul>
  );
}
