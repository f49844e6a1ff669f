/** `GET /events`: server-sent events, first those on disk, then live ones until the session's API closes. */

import type { SessionEvent } from "../../model/events.ts";
import { OPERATIONS } from "./operations.ts";
import { route } from "./route.ts";
import type { SessionApi } from "./session_api.ts";

const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store" };

export const followEvents = route(OPERATIONS.followEvents, (host, { query }) => {
  const { from = 1 } = query();
  return new Response(streamEvents(host, from), { headers: HEADERS });
});

function streamEvents({ events, closing }: SessionApi, from: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let subscription: Disposable | undefined;
  let open = true;
  return new ReadableStream<Uint8Array>({
    async start(stream) {
      const missed: SessionEvent[] = [];
      let live = false;
      const write = (event: { seq: number }) => {
        if (open) stream.enqueue(encoder.encode(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`));
      };
      const end = () => {
        subscription?.[Symbol.dispose]();
        if (open) stream.close();
        open = false;
      };
      // Subscribed before the log is read, so that no event falls between the two.
      subscription = events.subscribe((event) => live ? write(event) : void missed.push(event));
      stream.enqueue(encoder.encode(": connected\n\n"));
      const replayed = await events.replay(from);
      for (const event of replayed) write(event);
      const last = replayed.at(-1)?.seq ?? from - 1;
      for (const event of missed) if (event.seq > last) write(event);
      live = true;
      if (closing.aborted) end();
      else closing.addEventListener("abort", end, { once: true });
    },
    cancel() {
      open = false;
      subscription?.[Symbol.dispose]();
    },
  });
}
