/**
 * Eight processes that send to one session at the same time, and the judgement of what its agent got: every message
 * once, and each sender's own in order.
 */

import { fileURLToPath } from "node:url";
import { deepEqual, equal } from "./assert.ts";

export const SENDERS = 8;
const PROGRAM = fileURLToPath(new URL("sender.ts", import.meta.url));

/** `HARNEX_SENDS=200` sends that many in all; a test's own number is smaller, so that it is short. */
export function sendCount(usual: number): number {
  return Number(Deno.env.get("HARNEX_SENDS") ?? usual);
}

/** What each sender is to send, `total` in all; no text is part of another. */
export function textsOf(total: number): string[][] {
  return Array.from({ length: SENDERS }, (_, sender) => {
    const own = Math.floor(total / SENDERS) + (sender < total % SENDERS ? 1 : 0);
    return Array.from({ length: own }, (_, index) => `s${sender}-${index + 1}.`);
  });
}

/** Sends it all, until every message was taken in; gives how many were refused on the way, and then sent again. */
export async function sendFromAll(
  session: { port: number; token: string },
  texts: readonly (readonly string[])[],
): Promise<number> {
  const refusals = await Promise.all(texts.map(async (own) => {
    const args = ["run", "--quiet", "--no-check", "--no-config", "--allow-net", PROGRAM];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...args, String(session.port), session.token, ...own],
    }).output();
    equal(code, 0, new TextDecoder().decode(stderr));
    return Number(new TextDecoder().decode(stdout));
  }));
  return refusals.reduce((sum, count) => sum + count, 0);
}

/** `got` is what the agent got, in the order in which it did. */
export function checkDelivered(got: readonly string[], texts: readonly (readonly string[])[]): void {
  const bySender = texts.map((_, sender) => got.filter((text) => text.startsWith(`s${sender}-`)));
  deepEqual(bySender, texts);
  equal(got.length, texts.flat().length);
}
