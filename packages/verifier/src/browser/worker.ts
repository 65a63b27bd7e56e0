import { joinLocally, type JoinRequest, type VerifyAnswer, type VerifyRequest, verifyLocally } from "../verify-locally.ts";

// The page's worker: it is handed files and answers with a verdict. Its own policy lets it fetch nothing, so nothing that it reads can leave.
self.addEventListener("message", ({ data }: MessageEvent<VerifyRequest | JoinRequest>) => {
  if ("verdicts" in data) self.postMessage(joinLocally(data));
  else void verifyLocally(data, (answer: VerifyAnswer) => self.postMessage(answer));
});
