/**
 * Sends spans to an OpenTelemetry collector, in batches and never in the session's way: a batch that cannot be sent
 * waits in a bounded queue, is retried ever more rarely, and is given up soon after the session's end.
 */

import { HarnexError, messageOf } from "../model/errors.ts";
import type { Clock } from "../platform/platform.ts";
import type { Span } from "./spans.ts";
import type { TraceSettings } from "./trace_settings.ts";

/** The limits of OpenTelemetry's own batch processor. */
const QUEUE_LIMIT = 2_048;
const BATCH_LIMIT = 512;
/** A longer pause would lose too much of a collector that comes back. */
const LONGEST_PAUSE_MS = 60_000;
/** How long the end of a session may wait for the collector. */
const LAST_MS = 2_000;
/** The answers that mean "retry later" in the protocol; any other refusal is final. */
const RETRY_STATUSES: readonly number[] = [429, 502, 503, 504];

export interface SpanExport extends AsyncDisposable {
  add(spans: readonly Span[]): void;
}

export interface SpanExportDeps {
  clock: Clock;
  settings: TraceSettings;
  encode: (spans: readonly Span[]) => Promise<Uint8Array<ArrayBuffer>>;
  /** called for every failure */
  warn: (trouble: unknown) => void;
}

export function createSpanExport({ clock, settings, encode, warn }: SpanExportDeps): SpanExport {
  let queue: Span[] = [];
  let pauseMs = settings.delayMs;
  let cancel: (() => void) | undefined;
  let sending: Promise<void> | undefined;
  let isClosing = false;
  /** aborted when the end of the session has waited long enough */
  const givenUp = new AbortController();

  function arm(): void {
    if (cancel !== undefined || sending !== undefined || isClosing || queue.length === 0) return;
    cancel = clock.after(pauseMs, () => {
      cancel = undefined;
      void send();
    });
  }

  function send(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined;
      arm();
    });
    return sending;
  }

  async function sendAll(): Promise<void> {
    while (queue.length > 0 && !givenUp.signal.aborted) {
      const batch = queue.splice(0, BATCH_LIMIT);
      try {
        await postSpans(await encode(batch), { clock, settings, signal: givenUp.signal });
        pauseMs = settings.delayMs;
      } catch (error) {
        warn(error);
        if (!(error instanceof HarnexError && error.code === "unavailable")) continue;
        queue = [...batch, ...queue].slice(-QUEUE_LIMIT);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        return;
      }
    }
  }

  return {
    add(spans) {
      queue = [...queue, ...spans].slice(-QUEUE_LIMIT);
      arm();
    },
    async [Symbol.asyncDispose]() {
      isClosing = true;
      cancel?.();
      const cancelLast = clock.after(LAST_MS, () => givenUp.abort());
      await sending;
      await send();
      cancelLast();
      givenUp.abort();
    },
  };
}

/** Throws `unavailable` when a retry may help, `failed` when the collector refuses for good. */
async function postSpans(
  body: Uint8Array<ArrayBuffer>,
  { clock, settings, signal }: { clock: Clock; settings: TraceSettings; signal: AbortSignal },
): Promise<void> {
  const { endpoint, encoding, headers, timeoutMs } = settings;
  const late = new AbortController();
  const cancelLate = clock.after(timeoutMs, () => late.abort());
  const { origin, pathname } = new URL(endpoint); // without the password that an address may hold
  const failed = `cannot export spans to ${origin}${pathname}`;
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        ...headers,
        "content-type": encoding === "json" ? "application/json" : "application/x-protobuf",
      },
      body,
      redirect: "manual",
      signal: AbortSignal.any([late.signal, signal]),
    });
    await response.body?.cancel();
    if (response.ok) return;
    const code = RETRY_STATUSES.includes(response.status) ? "unavailable" : "failed";
    throw new HarnexError(code, `${failed}: it answered ${response.status}`);
  } catch (error) {
    if (error instanceof HarnexError) throw error;
    const why = late.signal.aborted || signal.aborted ? "no answer in time" : messageOf(error).split(": ").at(-1);
    throw new HarnexError("unavailable", `${failed}: ${why}`, { cause: error });
  } finally {
    cancelLate();
  }
}
