/** The gate with its two doors, of which one stands open, and the name. */
export function Wordmark() {
  return (
    <span className="wordmark">
      <svg viewBox="0 0 24 20" width="24" height="20" aria-hidden="true" focusable="false">
        <path className="wordmark-frame" d="M2 19V2h20v17" />
        <path className="wordmark-open" d="M2 2l6.5 3v14" />
        <path className="wordmark-shut" d="M14 19V5.5h8" />
      </svg>
      Sallyport
    </span>
  );
}
