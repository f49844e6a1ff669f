/** The address of the session's API: bound before anything is started, so that a taken port is refused in time. */

import { httpStatusOf } from "../model/errors.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { Platform } from "../platform/platform.ts";
import { bindAddress } from "./api/address.ts";
import { answerRequest } from "./api/routes.ts";
import type { SessionApi } from "./api/session_api.ts";

/** Answers 503 at first; then calls wait; then the API answers them. */
export interface ReservedAddress extends AsyncDisposable {
  readonly port: number;
  /** From now on calls wait for the API. */
  hold(): void;
  /** Lets the API answer, also the calls that wait. */
  serve(api: SessionApi): void;
  /** the API, once it is served */
  readonly api: Promise<SessionApi>;
}

export function reserveAddress(launch: LaunchSpec, platform: Platform): ReservedAddress {
  const served = Promise.withResolvers<SessionApi>();
  let isExpected = false;
  const server = bindAddress(
    platform,
    launch,
    async (call, upgrade) =>
      isExpected
        ? await answerRequest(call, await served.promise, upgrade)
        : new Response(null, { status: httpStatusOf("unavailable") }),
  );
  return {
    port: server.port,
    hold: () => void (isExpected = true),
    serve: served.resolve,
    api: served.promise,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
