import { type Bar, barTime, type Lookback } from "./outcome-series.ts";

/** The chart's numbers. Bars in which nothing was refused are left out, and that is said. */
export function BarTable({ bars, hours }: { readonly bars: readonly Bar[]; readonly hours: Lookback }) {
  const told = bars.filter(({ denied, failed }) => denied + failed > 0).toReversed();
  if (told.length === 0) return <p className="quiet">Nothing was denied and nothing failed in this time.</p>;
  return (
    <table className="plain-table">
      <caption className="visually-hidden">Denials and failures over time, newest first; times without any are left out</caption>
      <thead>
        <tr>
          <th scope="col">From (UTC)</th>
          {["Denied", "Failed", "Allowed"].map((name) => (
            <th key={name} scope="col" className="number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {told.map(({ at, denied, failed, allowed }) => (
          <tr key={at}>
            <th scope="row">{barTime(at, hours).replace(" UTC", "")}</th>
            {[denied, failed, allowed].map((n, index) => (
              <td key={["denied", "failed", "allowed"][index]} className="number">
                {n.toLocaleString("en-GB")}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
