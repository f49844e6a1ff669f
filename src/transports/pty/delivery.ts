/**
 * Puts one message to a terminal agent: types the text, waits for its echo, presses Enter, and looks for evidence
 * that the agent took it. Never types a text twice.
 */

import type { Delivery, Message } from "../../model/message.ts";
import { assertNever } from "../../model/never.ts";
import type { Clock } from "../../platform/platform.ts";
import type { DeliverOptions, Keystroke } from "../agent_process.ts";
import type { Screen } from "../terminal/screen.ts";
import { awaitEvidence, type EvidenceParts } from "./evidence.ts";
import { draftStays, showsTyped } from "./input_box.ts";
import { ENTER, type Keyboard } from "./keyboard.ts";
import type { ReturnedDraft } from "./returned_draft.ts";

export interface PtyDeliveryParts extends EvidenceParts {
  clock: Clock;
  keyboard: Keyboard;
  returned: ReturnedDraft;
}

/** One delivery and what it works with. */
interface Work extends DeliverOptions {
  parts: PtyDeliveryParts;
  /** aborted when nothing must be submitted any more */
  untilEnter: AbortSignal;
}

export async function deliverByKeys(
  message: Message,
  options: DeliverOptions & { parts: PtyDeliveryParts },
): Promise<Delivery> {
  const { signal, calledOff, parts } = options;
  const untilEnter = calledOff === undefined ? signal : AbortSignal.any([signal, calledOff]);
  if (untilEnter.aborted) return { kind: "refused", reason: "the session is ending" };
  const work: Work = { ...options, untilEnter };
  const { text, mode } = message;
  const shown = await parts.feed.screen();
  switch (mode) {
    case "raw":
      return await typeVerbatim(text, work);
    case "type":
      return reportTyped(await typeText(text, shown, work), work);
    case "enter":
      return await submit({ text, shown, drafted: shown, bytesWritten: 0 }, work);
    case "submit":
      return await submit(await typeText(text, shown, work), work);
    default:
      return assertNever(mode);
  }
}

/** A text as it was typed, and the screens before and after that. */
interface Typed {
  /** the message, and what the adapter typed around it */
  text: string;
  shown: Screen;
  drafted: Screen;
  bytesWritten: number;
}

/** Types the text and waits until its echo has settled. */
async function typeText(text: string, before: Screen, { parts, signal, untilEnter, onStep }: Work): Promise<Typed> {
  const { clock, feed, keyboard, behaviour } = parts;
  const { typing } = behaviour;
  const shown = await clearReturned(before, { parts, signal });
  const keys = behaviour.keysFor(text, shown);
  const bytesWritten = await keyboard.play(keys, signal);
  onStep("typed");
  const echoed = (screen: Screen) => showsTyped(behaviour, { before: shown, screen }) ? true : undefined;
  await Promise.all([
    clock.sleep(typing.beforeEnterMs, untilEnter),
    // Not cut short when the message is called off: the stop that follows must see what stands in the box.
    feed.until(echoed, { limitMs: typing.echoStartMs, signal }),
  ]);
  await feed.quiet({ quietMs: typing.echoQuietMs, limitMs: typing.echoLimitMs, signal: untilEnter });
  return { text: typedBy(keys), shown, drafted: await feed.screen(), bytesWritten };
}

function typedBy(keys: readonly Keystroke[]): string {
  return keys.map((key) => key.kind === "paste" || key.kind === "text" ? key.text : "").join("");
}

/** The outcome of a message that is typed and not submitted. */
function reportTyped({ shown, drafted, bytesWritten }: Typed, { parts: { behaviour } }: Work): Delivery {
  return showsTyped(behaviour, { before: shown, screen: drafted })
    ? { kind: "accepted", bytesWritten, by: "screen", evidence: "screen: the text is there" }
    : { kind: "not_taken", bytesWritten, reason: "typed, but the screen does not show it" };
}

/** Empties the box of a text that the agent gave back or never took: it must not be mixed with the next message. */
async function clearReturned(
  screen: Screen,
  { parts: { feed, keyboard, behaviour, returned }, signal }: Pick<Work, "parts" | "signal">,
): Promise<Screen> {
  if (behaviour.keysToClear === undefined || !returned.isIn(screen)) return screen;
  await keyboard.play(behaviour.keysToClear, signal);
  return await feed.screen();
}

/** Presses Enter, and once more where that is safe and the text still stands in the box. */
async function submit(
  { text, drafted, bytesWritten: typed }: Typed,
  { parts, signal, untilEnter, onStep }: Work,
): Promise<Delivery> {
  if (untilEnter.aborted) return { kind: "not_taken", bytesWritten: typed, reason: "the session ended before Enter" };
  const { feed, keyboard, behaviour, prompts, returned } = parts;
  const keys = behaviour.keysToSubmit ?? ENTER;
  prompts.forget();
  onStep("submitted");
  returned.note(text);
  let bytesWritten = typed + await keyboard.play(keys, signal);
  let evidence = await awaitEvidence({ text, drafted }, { ...parts, signal });
  const mayPressAgain = evidence === undefined && behaviour.inputBox === "certain" && !untilEnter.aborted;
  if (mayPressAgain && draftStays(behaviour, { drafted, screen: await feed.screen() })) {
    bytesWritten += await keyboard.play(keys, signal);
    evidence = await awaitEvidence({ text, drafted }, { ...parts, signal });
  }
  if (evidence === undefined) {
    return { kind: "not_taken", bytesWritten, reason: "typed, but nothing on the screen shows that the agent took it" };
  }
  const { by, what } = evidence;
  return { kind: "accepted", bytesWritten, by, evidence: `${by}: ${what}` };
}

/**
 * Types a text as it is, whatever the agent does, without a check whether it was taken. A turn is expected where the
 * text ends in an Enter, except for agents whose input box can be read: such a text may be a command such as `/exit`
 * or an empty line, which starts no turn, and these agents show their turns by themselves.
 */
async function typeVerbatim(text: string, { parts: { keyboard, behaviour }, signal, onStep }: Work): Promise<Delivery> {
  const [enter = ""] = (behaviour.inputBox === "certain" ? undefined : /\r?\n$|\r$/.exec(text)) ?? [];
  const play = (typed: string) => keyboard.play([{ kind: "text", text: typed }], signal);
  const line = text.slice(0, text.length - enter.length);
  const evidence = "written verbatim";
  const bytesWritten = line === "" ? 0 : await play(line);
  onStep("typed");
  if (enter === "") return { kind: "accepted", bytesWritten, by: "process", evidence };
  onStep("submitted");
  return { kind: "accepted", bytesWritten: bytesWritten + await play(enter), by: "screen", evidence };
}
