/** Reads a stream to its end and remembers its last bytes, for an error message that may be needed later. */

export interface ByteTail {
  /** The last bytes so far, as text. */
  text(): string;
  /** Resolves when the stream has ended. Never rejects. */
  readonly ended: Promise<void>;
  /** Stops reading at once. */
  abandon(): Promise<void>;
}

/** Reads `stream` to its end and keeps the last `maxBytes`. */
export function drainTail(stream: ReadableStream<Uint8Array>, maxBytes: number): ByteTail {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const ring = new Uint8Array(maxBytes);
  let total = 0;

  function keep(chunk: Uint8Array): void {
    const part = chunk.subarray(Math.max(0, chunk.length - maxBytes));
    total += chunk.length - part.length;
    const at = total % maxBytes;
    const first = Math.min(part.length, maxBytes - at);
    ring.set(part.subarray(0, first), at);
    ring.set(part.subarray(first), 0);
    total += part.length;
  }

  async function drain(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        keep(value);
      }
    } catch {
      // A broken stream says nothing about the agent; the bytes that were read stay.
    }
  }

  const ended = drain();
  return {
    text() {
      if (total <= maxBytes) return decoder.decode(ring.subarray(0, total));
      const at = total % maxBytes;
      const bytes = new Uint8Array(maxBytes);
      bytes.set(ring.subarray(at), 0);
      bytes.set(ring.subarray(0, at), maxBytes - at);
      return decoder.decode(bytes);
    },
    ended,
    async abandon() {
      await reader.cancel().catch(() => undefined);
      await ended;
    },
  };
}
