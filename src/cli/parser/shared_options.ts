/** Options and exit statuses that many commands share. */

import { required, sessionId, text } from "./option.ts";

export const REQUIRED_ID = required(
  sessionId({ help: "the session" }),
  "harnex status lists the sessions",
);
export const REPO = text({
  placeholder: "PATH",
  completes: "directories",
  help: "look for the session in the repository of this directory",
  defaultText: "the current directory",
});
export const CLI = text({
  placeholder: "NAME",
  completes: "agents",
  help: "only a session that runs this agent",
});
/** For numbers that only have a lower bound. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

export const EXIT_OK = "success";
export const EXIT_FAILED = "the command failed; the reason is on stderr";
export const EXIT_USAGE = "the command line is wrong";
