/**
 * Owns a session's inbox journal: every step of every message, once, on disk before the next step. When a host dies,
 * the journal shows how far each message got. harnex never delivers from it. A failing disk costs a warning.
 */

import { joinBytes } from "../text/bytes.ts";
import { previewOf, type UndeliveredMessage } from "../model/message.ts";
import { MESSAGE_STEPS, type MessageMode, type MessageStatus, type MessageStep } from "../model/message.ts";
import type { Clock, Files } from "../platform/platform.ts";
import { type JsonObject, parseObject, stringField } from "../text/json.ts";
import { createLineAppender } from "./line_appender.ts";

/** At this size the journal is rewritten with the unfinished messages only; 64 of those cannot be larger. */
const COMPACT_BYTES = 8 << 20;

/** One line of the journal, apart from time and session. */
export type JournalEntry =
  | { message_id: string; step: "queued"; mode: MessageMode; text: string; key?: string }
  /** keys are about to be pressed in a terminal: from here on, part of the text may have been typed */
  | { message_id: string; step: "typing" }
  | { message_id: string; step: Exclude<MessageStep, "queued">; evidence?: string }
  | { message_id: string; status: MessageStatus; error: string };

export interface InboxJournal extends Disposable {
  readonly path: string;
  /** messages that an earlier run left undelivered because its host died */
  readonly undelivered: readonly UndeliveredMessage[];
  write(entry: JournalEntry): void;
}

export interface JournalOptions {
  files: Files;
  clock: Clock;
  path: string;
  sessionId: string;
  onFailure: (error: unknown) => void;
}

/** Opens the journal of a new run, without the messages that earlier runs have finished. */
export async function openInboxJournal(options: JournalOptions): Promise<InboxJournal> {
  const { files, clock, path, sessionId } = options;
  const encoder = new TextEncoder();
  const undelivered = await listUndelivered(files, path);
  const file = await files.openAppend(path);
  const appendLine = createLineAppender(file);
  /** the lines of unfinished messages, by message */
  const open = new Map<string, Uint8Array[]>();
  let size = 0;

  function attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      options.onFailure(error);
    }
  }

  function restart(): void {
    const kept = [...undelivered.map((message) => encoder.encode(`${JSON.stringify(message)}\n`)), ...open.values()]
      .flat();
    attempt(() => file.restart(joinBytes(kept)));
    size = 0;
  }

  restart();
  return {
    path,
    undelivered,
    write(entry) {
      const ts = new Date(clock.now()).toISOString();
      const line = encoder.encode(`${JSON.stringify({ ts, session_id: sessionId, ...entry })}\n`);
      attempt(() => appendLine(line));
      size += line.length;
      const finished = "status" in entry || entry.step === "accepted";
      if (finished) open.delete(entry.message_id);
      else if ("text" in entry) open.set(entry.message_id, [line]);
      else open.get(entry.message_id)?.push(line);
      if (size > COMPACT_BYTES && finished) restart();
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** A message as the journal has it. */
export interface JournaledMessage {
  messageId: string;
  sessionId: string;
  queuedAt: string;
  text: string;
  step: MessageStep;
  /** whether keys may have been pressed for it; never true for an agent without a terminal */
  keyed: boolean;
  status: MessageStatus;
  error?: string;
  evidence?: string;
  /** left by the run before the one that rewrote this journal */
  carried: boolean;
}

/** Each message with how far it got, in the order of arrival; torn and foreign lines are skipped. */
export async function readJournal(files: Files, path: string): Promise<JournaledMessage[]> {
  const found = new Map<string, JournaledMessage>();
  for (const line of (await files.readText(path) ?? "").split("\n")) {
    const object = line === "" ? undefined : parseObject(line);
    if (object !== undefined) take(found, object);
  }
  return [...found.values()];
}

function take(found: Map<string, JournaledMessage>, line: JsonObject): void {
  const messageId = stringField(line, "message_id");
  const sessionId = stringField(line, "session_id");
  if (messageId === undefined || sessionId === undefined) return;
  const step = MESSAGE_STEPS.find((known) => known === line["step"]);
  const carried = "text_preview" in line;
  const text = stringField(line, carried ? "text_preview" : "text");
  const message = found.get(messageId);
  if (message === undefined) {
    // A message without its first line was finished before the journal was last rewritten.
    if (text === undefined || step === undefined) return;
    const queuedAt = stringField(line, "queued_at") ?? stringField(line, "ts") ?? "";
    const error = stringField(line, "error");
    const lost = error === undefined ? { status: "queued" as const } : { status: "failed" as const, error };
    found.set(messageId, { messageId, sessionId, queuedAt, text, step, keyed: false, ...lost, carried });
    return;
  }
  if (line["step"] === "typing") message.keyed = true;
  if (step !== undefined && MESSAGE_STEPS.indexOf(step) > MESSAGE_STEPS.indexOf(message.step)) {
    message.step = step;
    if (step === "accepted") message.status = "delivered";
    const evidence = stringField(line, "evidence");
    if (evidence !== undefined) message.evidence = evidence;
  }
  const status = STATUSES.find((known) => known === line["status"]);
  if (status !== undefined) {
    message.status = status;
    message.error = stringField(line, "error") ?? "";
  }
}

const STATUSES: readonly MessageStatus[] = ["failed", "expired", "dropped", "typed_not_submitted"];
/** How the error of a message begins whose host died; the words behind it say how far the message got. */
const HOST_DIED = "the host died";

/** The message, if its host died before it was settled; undefined for any other message. */
function describe(message: JournaledMessage): UndeliveredMessage | undefined {
  const { status, error } = message;
  if (status !== "queued" && !(status === "failed" && error?.startsWith(HOST_DIED) === true)) return undefined;
  return {
    message_id: message.messageId,
    session_id: message.sessionId,
    step: message.step,
    queued_at: message.queuedAt,
    text_preview: previewOf(message.text),
    error: error ?? `${HOST_DIED} ${howFar(message)}`,
  };
}

function howFar({ step, keyed }: JournaledMessage): string {
  if (step === "queued") {
    return keyed ? "while it was typed: part of it may be in the input box" : "before anything of it was typed";
  }
  if (step === "typed") {
    return keyed ? "after it was typed, before Enter: it may be in the input box" : "before it was sent to the agent";
  }
  const last = keyed ? "when Enter was due" : "when it was sent";
  return `${last}, before the agent was seen to take it: it may have been taken`;
}

/** The messages that the last run of an ended session left undelivered. Changes nothing. */
export async function listUndelivered(files: Files, path: string): Promise<UndeliveredMessage[]> {
  const messages = (await readJournal(files, path)).filter(({ carried }) => !carried);
  return messages.map(describe).filter((message) => message !== undefined);
}

/** Settles the open messages in a dead host's journal, and gives them. */
export async function settleJournal(files: Files, path: string): Promise<UndeliveredMessage[]> {
  const open = (await readJournal(files, path)).filter(({ status }) => status === "queued").map(describe)
    .filter((message) => message !== undefined);
  if (open.length === 0) return [];
  using file = await files.openAppend(path);
  const lines = open.map(({ message_id, session_id, error }) =>
    JSON.stringify({ session_id, message_id, status: "failed", error })
  );
  // The first line end closes a line that the dead host may have written only half of.
  file.append(new TextEncoder().encode(`\n${lines.join("\n")}\n`));
  return open;
}
