export type LampLook = "lit" | "caution" | "shut" | "dark";

const WORDS: Readonly<Record<LampLook, string>> = { lit: "open", caution: "degraded", shut: "shut", dark: "not reached" };

export interface LampProps {
  readonly look: LampLook;
  /** In pixels. */
  readonly size?: number;
  /** Said to screen readers; without it the lamp is decoration beside words that say the same. */
  readonly label?: string | true;
}

/** A signal that differs in shape as well as in colour: a full disc is lit, a crossed square is shut, a wedge is a caution, a broken ring is dark. */
export function Lamp({ look, size = 24, label }: LampProps) {
  const name = label === true ? WORDS[look] : label;
  return (
    <svg
      className={`lamp lamp-${look}`}
      viewBox="0 0 24 24"
      width={size}
      height={size}
      focusable="false"
      {...(name === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": name })}
    >
      {look === "lit" && <circle cx="12" cy="12" r="8" />}
      {look === "caution" && <path d="M12 3.5 21.5 20h-19z" strokeLinejoin="round" />}
      {look === "shut" && (
        <>
          <rect x="3.5" y="3.5" width="17" height="17" rx="2" />
          <path className="lamp-mark" d="M8.5 8.5l7 7m0-7l-7 7" />
        </>
      )}
      {look === "dark" && <circle className="lamp-ring" cx="12" cy="12" r="7.5" />}
    </svg>
  );
}
