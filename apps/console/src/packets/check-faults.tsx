/** What a check asks, and where it was answered otherwise: by place, and without a word of the content. */
export function CheckFaults({ title, asks, where }: { readonly title: string; readonly asks: string; readonly where: readonly string[] }) {
  return (
    <div>
      <p>
        <strong>{title}.</strong> Asked: {asks}
      </p>
      <ul className="fault-places">
        {where.map((place) => (
          <li key={place}>
            <code>{place}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
