/**
 * The entry in the environment by which the processes of one session are found.
 */

/** The variable that is in the environment of the agent and of all that it starts, and of nothing else. */
export const MARKER_NAME = "HARNEX_SESSION_ID";

export function markerOf(sessionId: string): string {
  return `${MARKER_NAME}=${sessionId}`;
}
