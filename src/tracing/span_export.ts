/**
 * Sends spans to an OpenTelemetry collector, some at a time and never in the session's way: what cannot be sent waits
 * in a bounded queue, is tried again ever more rarely, and is given up soon after the session's end.
 */

import { HarnexError, messageOf } from "../model/errors.ts";
import type { Clock } from "../platform/platform.ts";
import type { Span } from "./spans.ts";
import type { TraceSettings } from "./trace_settings.ts";

/** The limits of OpenTelemetry's own batch processor. */
const QUEUE_LIMIT = 2_048;
const BATCH_LIMIT = 512;
const LONGEST_PAUSE_MS = 60_000;
/** How long the end of a session may be held up. */
const LAST_MS = 2_000;
/** "Later", as the protocol defines it; any other refusal is final. */
const TRY_AGAIN: readonly number[] = [429, 502, 503, 504];

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
  const { endpoint, encoding, delayMs } = settings;
  let queue: Span[] = [];
  let pauseMs = delayMs;
  let cancel: (() => void) | undefined;
  let sending: Promise<void> | undefined;
  const closing = new AbortController();
  let isClosing = false;

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
    while (queue.length > 0 && !closing.signal.aborted) {
      const batch = queue.splice(0, BATCH_LIMIT);
      try {
        await post(await encode(batch));
        pauseMs = delayMs;
      } catch (error) {
        warn(error);
        if (!(error instanceof HarnexError && error.code === "unavailable")) continue;
        queue = [...batch, ...queue].slice(-QUEUE_LIMIT);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        return;
      }
    }
  }

  /** Throws `unavailable` when it is worth trying again. */
  async function post(body: Uint8Array<ArrayBuffer>): Promise<void> {
    const late = new AbortController();
    const cancelLate = clock.after(settings.timeoutMs, () => late.abort());
    const { origin, pathname } = new URL(endpoint); // no password of it in a message
    const failed = `cannot export spans to ${origin}${pathname}`;
    try {
      const response = await fetch(endpoint, {
        method: "POST",
        headers: {
          ...settings.headers,
          "content-type": encoding === "json" ? "application/json" : "application/x-protobuf",
        },
        body,
        redirect: "manual",
        signal: AbortSignal.any([late.signal, closing.signal]),
      });
      await response.body?.cancel();
      if (response.ok) return;
      throw new HarnexError(
        TRY_AGAIN.includes(response.status) ? "unavailable" : "failed",
        `${failed}: it answered ${response.status}`,
      );
    } catch (error) {
      if (error instanceof HarnexError) throw error;
      const why = late.signal.aborted || closing.signal.aborted
        ? "no answer in time"
        : messageOf(error).split(": ").at(-1);
      throw new HarnexError("unavailable", `${failed}: ${why}`, { cause: error });
    } finally {
      cancelLate();
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
      const cancelLast = clock.after(LAST_MS, () => closing.abort());
      await sending;
      await send();
      cancelLast();
      closing.abort();
    },
  };
}
