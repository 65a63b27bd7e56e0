/** What to do, in order; nothing at all when nothing is wrong. */
export function NextSteps({ steps }: { readonly steps: readonly { readonly about: string; readonly remedy: string }[] }) {
  if (steps.length === 0) return null;
  return (
    <section aria-labelledby="steps-title" className="panel panel-urgent">
      <h2 id="steps-title" className="eyebrow">
        What to do
      </h2>
      <ul className="steps">
        {steps.map((step) => (
          <li key={step.about}>
            <strong>{step.about}.</strong> {step.remedy}
          </li>
        ))}
      </ul>
    </section>
  );
}
