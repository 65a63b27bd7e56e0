import type { FieldView } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";

/** A field as an answer shows it under the grant that opened it. */
export function shownField(grant: Grant, view: FieldView) {
  const { domain, name, record } = view;
  const field = `${domain}.${name}`;
  return view.shown === "open" ? { state: "readable" as const, field, record, value: view.value.open(grant) } : { state: "masked" as const, field, record, mask: view.mask };
}
