import { ALERT_ADVICE, ALERT_KINDS, type Alert } from "./alert.ts";

/** The body of a webhook (docs/spec/alert-v1.md): the exact text that is signed. */
export const alertBody = ({ id, kind, atMs, deployment, chain, about, facts, link }: Alert): string =>
  JSON.stringify({ type: kind, timestamp: new Date(atMs).toISOString(), data: { alert: id, deployment, chain, about, facts, link } });

/** The same for people. */
export const alertMail = ({ id, kind, atMs, deployment, chain, about, facts, link }: Alert): { readonly subject: string; readonly text: string } => ({
  subject: `Sallyport ${deployment}: ${kind}`,
  text: [
    ALERT_KINDS[kind],
    "",
    `Deployment: ${deployment}`,
    `When: ${new Date(atMs).toISOString()}`,
    `Chain: ${chain}`,
    `About: ${about}`,
    ...Object.entries(facts).map(([name, value]) => `${name}: ${value}`),
    "",
    ...(ALERT_ADVICE[kind] === undefined ? [] : [ALERT_ADVICE[kind], ""]),
    `Look at it in the console: ${link}`,
    "",
    `Alert ${id}. It says nothing that isn't in the console, and nobody reads an answer.`,
    "",
  ].join("\n"),
});
