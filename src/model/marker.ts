/**
 * The environment variable by which the processes of one session are found.
 */

/** Only the agent and its descendants have this variable in their environment. */
export const MARKER_NAME = "HARNEX_SESSION_ID";

export function markerOf(sessionId: string): string {
  return `${MARKER_NAME}=${sessionId}`;
}
