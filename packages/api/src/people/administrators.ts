import { type Assignment, isDeploymentWide, isInForce } from "@sallyport/policy";

/** The role that administers people; held over the whole deployment it makes an administrator, and the two founders hold it so. */
export const ADMINISTRATOR_ROLE = "security_admin";

/** How many active administrators have to remain (DESIGN §4). */
export const ADMINISTRATORS_MIN = 2;

/** Whether these make an administrator now. */
export const isAdministrator = (assignments: readonly Assignment[], nowMs: number): boolean =>
  assignments.some((each) => each.role === ADMINISTRATOR_ROLE && isDeploymentWide(each) && isInForce(each, nowMs));
