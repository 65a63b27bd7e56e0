import { statusDesk } from "../../../src/process-desk.ts";

export const dynamic = "force-dynamic";

/** `GET /api/status`: how the door is. It answers 200 whatever the state: the answer is about the door, not about this page. */
export async function GET(): Promise<Response> {
  return Response.json(await statusDesk().read());
}
