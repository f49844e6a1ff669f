/**
 * Prompts that the agent's own hook has reported since the last submission: the surest evidence that a message was
 * taken.
 */

/** Prompts that are kept while one delivery waits for its own. */
const REPORTS_KEPT = 8;

export interface ReportedPrompts {
  add(prompt: string): void;
  /** Forgets all, before the next submission. */
  forget(): void;
  /** Whether this text was reported, as agents write it: trimmed, with tabs as blanks, and in composed form. */
  includes(text: string): boolean;
  /** Resolves when this text is reported. */
  awaits(text: string): Promise<void>;
}

export function createReportedPrompts(): ReportedPrompts {
  let prompts: string[] = [];
  let awaited: { text: string; resolve: () => void } | undefined;
  const includes = (text: string) => prompts.some((prompt) => sameWords(prompt, text));
  return {
    add(prompt) {
      prompts = [...prompts, prompt].slice(-REPORTS_KEPT);
      if (awaited !== undefined && includes(awaited.text)) awaited.resolve();
    },
    forget() {
      prompts = [];
      awaited = undefined;
    },
    includes,
    awaits: (text) =>
      new Promise((resolve) => {
        awaited = { text, resolve };
        if (includes(text)) resolve();
      }),
  };
}

function sameWords(one: string, other: string): boolean {
  const squeeze = (text: string) => text.normalize("NFC").replaceAll(/\s+/g, " ").trim();
  return squeeze(one) === squeeze(other);
}
