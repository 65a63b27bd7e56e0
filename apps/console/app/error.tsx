"use client";

/** When a page fails. It says nothing about the failure, which is in the log. */
export default function PageError({ reset }: { readonly error: Error; readonly reset: () => void }) {
  return (
    <section className="blank" role="alert">
      <h1 className="headline">This page failed</h1>
      <p className="lead">The fault is on our side, and nothing was changed.</p>
      <button type="button" className="button" onClick={reset}>
        Try again
      </button>
    </section>
  );
}
