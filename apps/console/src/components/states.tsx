import type { ReactNode } from "react";

/** A list that has nothing to show, and that is no fault: what would be here, and what brings it here. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <svg className="empty-gate" viewBox="0 0 72 72" width="56" height="56" aria-hidden="true" focusable="false">
        <path d="M10 66V14a4 4 0 0 1 4-4h44a4 4 0 0 1 4 4v52M4 66h64M16 66V16l14 6v44zM56 66V16l-14 6v44z" />
      </svg>
      <p className="empty-title">{title}</p>
      {children !== undefined && <div className="quiet">{children}</div>}
    </div>
  );
}

/** Holds the place of what is on its way, at about its size, so that nothing jumps. `lines` of text, or one block of the given rows. */
export function Skeleton({ lines = 3, label = "Loading" }: { readonly lines?: number; readonly label?: string }) {
  return (
    <output className="skeleton" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} className={`skeleton-line skeleton-line-${index % 3}`} />
      ))}
    </output>
  );
}

/** A masked value: always of one width, whatever it covers. */
export function Mask({ label = "masked" }: { readonly label?: string }) {
  return (
    <span className="mask">
      <span aria-hidden="true">••••••</span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}

export type BadgeTone = "neutral" | "stands" | "caution" | "shut";

/** A short word about a state; the tone repeats what the word says. */
export function Badge({ tone = "neutral", children }: { readonly tone?: BadgeTone; readonly children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}

/** A page's title, what the page is for, and what can be done on it. The title names no subject: it is the document's title too. */
export function PageHead({ title, lead, children }: { readonly title: string; readonly lead?: string; readonly children?: ReactNode }) {
  return (
    <header className="page-head">
      <div>
        <h1 className="page-title">{title}</h1>
        {lead !== undefined && <p className="quiet page-lead">{lead}</p>}
      </div>
      {children !== undefined && <div className="page-acts">{children}</div>}
    </header>
  );
}

/** A titled part of a page. `id` is its heading's, and what the part is known by to screen readers. */
export function Panel({ id, title, acts, children }: { readonly id: string; readonly title: string; readonly acts?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id} className="panel-title">
          {title}
        </h2>
        {acts}
      </div>
      {children}
    </section>
  );
}
