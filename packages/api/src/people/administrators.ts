import type { Holder } from "@sallyport/people";
import { ADMINISTRATOR_ROLE, ADMINISTRATORS_MIN, type Assignment, isDeploymentWide, isInForce } from "@sallyport/policy";

export { ADMINISTRATOR_ROLE, ADMINISTRATORS_MIN };

/** Whether these make an administrator now. */
export const isAdministrator = (assignments: readonly Assignment[], nowMs: number): boolean =>
  assignments.some((each) => each.role === ADMINISTRATOR_ROLE && isDeploymentWide(each) && isInForce(each, nowMs));

/** Whether fewer administrators than have to remain would be left without this one. Those whose time runs out by itself aren't counted among the others. */
export const isNeeded = (holders: readonly Holder[], person: string): boolean =>
  holders.some(({ id }) => id === person) && holders.filter(({ id, isLasting }) => id !== person && isLasting).length < ADMINISTRATORS_MIN;
