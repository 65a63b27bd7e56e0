import type { FieldView } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";

/** A field as an answer shows it under the grant that opened it. */
export function shownField(grant: Grant, view: FieldView) {
  const named = { field: `${view.domain}.${view.name}`, record: view.record };
  return view.shown === "open" ? { state: "readable" as const, ...named, value: view.value.open(grant) } : { state: "masked" as const, ...named, mask: view.mask };
}
