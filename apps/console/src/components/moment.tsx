import { momentText } from "./moment-text.ts";

const FORMAT = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });

/** A time on record: local on the page, UTC in its title, because the trail speaks UTC. Rendered in the browser alone. */
export function Moment({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={momentText(at)} className="numeral">
      {FORMAT.format(new Date(at))}
    </time>
  );
}
