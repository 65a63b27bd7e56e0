/** An account by the name of whoever has it, with its id under it; by its id alone where it has no name. */
export function PrincipalCell({ principal, name }: { readonly principal: string; readonly name: string | null }) {
  return (
    <>
      {name ?? principal}
      {name !== null && <code className="row-under">{principal}</code>}
    </>
  );
}
