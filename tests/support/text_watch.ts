/**
 * A stream's text as it comes, to wait for a word in it.
 */

import { within } from "./within.ts";

/** Generous for a loaded machine. */
const DEFAULT_MS = 20_000;

export interface TextWatch {
  /** all that came so far */
  readonly text: string;
  /** the same as bytes */
  readonly bytes: Uint8Array;
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  /** Resolves as soon as the text matches, counting what came before. */
  until(pattern: RegExp, ms?: number): Promise<RegExpMatchArray>;
}

/** Reads the stream to its end from now on. */
export function watchText(stream: AsyncIterable<Uint8Array>): TextWatch {
  const decoder = new TextDecoder();
  const chunks: Uint8Array[] = [];
  const watchers = new Set<() => void>();
  let text = "";
  let isOver = false;
  const wake = () => [...watchers].forEach((watcher) => watcher());
  const ended = (async () => {
    for await (const chunk of stream) {
      chunks.push(chunk);
      text += decoder.decode(chunk, { stream: true });
      wake();
    }
    isOver = true;
    wake();
  })();
  return {
    get text() {
      return text;
    },
    get bytes() {
      return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
    },
    ended,
    async until(pattern, ms = DEFAULT_MS) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
      const look = () => {
        const match = text.match(pattern);
        if (match !== null) resolve(match);
        else if (isOver) reject(new Error(`the output ended without ${pattern}: ${JSON.stringify(text)}`));
      };
      watchers.add(look);
      look();
      try {
        return await within(ms, promise, `${pattern} in ${JSON.stringify(text)}`);
      } finally {
        watchers.delete(look);
      }
    },
  };
}
