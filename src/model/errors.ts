/**
 * One error type with a code; this table alone decides exit status and HTTP status. An expected outcome
 * (queued, timed out while waiting, agent exited) is a value, not an error.
 */

const CODES = {
  usage: { exit: 2, http: 400 },
  invalid: { exit: 1, http: 400 },
  unauthorized: { exit: 1, http: 401 },
  forbidden: { exit: 1, http: 403 },
  not_found: { exit: 1, http: 404 },
  ambiguous: { exit: 1, http: 409 },
  conflict: { exit: 1, http: 409 },
  too_large: { exit: 1, http: 413 },
  busy: { exit: 1, http: 503 },
  timeout: { exit: 124, http: 504 },
  unavailable: { exit: 1, http: 503 },
  failed: { exit: 1, http: 500 },
} as const;

export type ErrorCode = keyof typeof CODES;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(CODES, value);
}

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(CODES).filter(isErrorCode);

export class HarnexError extends Error {
  override readonly name = "HarnexError";
  readonly code: ErrorCode;

  /** `message` is one line: what failed, on what, why, and what to do next. */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): number {
    return CODES[this.code].exit;
  }

  get httpStatus(): number {
    return httpStatusOf(this.code);
  }
}

export function httpStatusOf(code: ErrorCode): number {
  return CODES[code].http;
}

/** The exit code of `timeout(1)`, and of a command or session that ran out of time. */
export const TIMEOUT_EXIT: number = CODES.timeout.exit;

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 } as const;

/** An OS signal interrupted the program, which then exits as the signal would have ended it. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(signal: keyof typeof SIGNAL_NUMBERS) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + SIGNAL_NUMBERS[signal];
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
