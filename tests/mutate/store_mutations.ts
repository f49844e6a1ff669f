/** Faults in what is written down: names, records, events, the ledger, errors, the line that names a sender. */

import { inFile, type Mutation } from "./mutation.ts";

export const STORE_MUTATIONS: readonly Mutation[] = [
  ...inFile("src/store/paths.ts", ["tests/unit/paths_test.ts"], [
    ["an id of signs alone has no name", 'slug === "" ? "default" : slug', "slug"],
    ["the key has a digit less than the established one", ".slice(0, KEY_DIGITS)", ".slice(0, KEY_DIGITS - 1)"],
    ["blanks around an id give it another port", "${id.trim()}", "${id}"],
    ["a state directory with ~ lies in the current one", "own.replace(/^~(?=\\/|$)/, () => home)", "own"],
    ["a relative XDG_STATE_HOME is used", "state !== undefined && isAbsolute(state)", "state !== undefined"],
    ["an id with slashes names the host's log", "SAFE_NAME.test(id) ? id : slugOf(id)", "id"],
  ]),
  ...inFile("src/store/registry.ts", ["tests/unit/registry_test.ts"], [
    [
      "a pid that was used again counts as the host",
      "return await processes.isAlive({ pid: record.host_pid, start: record.host_start });",
      "return (await processes.find(record.host_pid)) !== undefined;",
    ],
    [
      "a session removes the record of the one after it",
      "if (record?.session_id === sessionId) await",
      "if (record !== undefined) await",
    ],
    ["the status hides the record's own fields", "{ ...status, ...record }", "{ ...record, ...status }"],
    ["a record with a port that is none is used", " || port > 65_535", ""],
    ["a record without a pid is used", "pid === undefined || pid <= 0 || ", ""],
    ["an exit record without a reason is a success", 'code === 0 ? "success" : "failure"', '"success"'],
  ]),
  ...inFile("src/store/event_log.ts", ["tests/unit/event_log_test.ts"], [
    [
      "the events of an older run are replayed",
      "event.session_id === sessionId && event.seq >= from",
      "event.seq >= from",
    ],
    ["a replay begins at the first event", " && event.seq >= from", ""],
    ["older runs count as the last one", 'if (event.type === "started" || event.seq === 1) run = [];', ""],
    [
      "the first event after a crash is lost in half a line",
      "if (!(await endsWithLineEnd(files, path, startOffset)))",
      "if (startOffset < 0)",
    ],
    ["events are numbered from 0", "(options.firstSeq ?? 1) - 1", "(options.firstSeq ?? 1) - 2"],
  ]),
  ...inFile("src/store/ledger.ts", ["tests/unit/ledger_test.ts", "tests/unit/history_test.ts"], [
    [
      "a line that is no row of the ledger counts",
      'type !== "dispatch_start" && type !== "dispatch_end"',
      "type === undefined",
    ],
  ]),
  ...inFile("src/model/errors.ts", ["tests/unit/errors_test.ts"], [
    ["a timeout ends with 1", "timeout: { exit: 124", "timeout: { exit: 1"],
    ["a wrong token is a bad request", "unauthorized: { exit: 1, http: 401 }", "unauthorized: { exit: 1, http: 400 }"],
  ]),
  ...inFile("src/client/relay.ts", ["tests/unit/relay_header_test.ts"], [
    ["a message to itself names the sender", "options.relay ?? !toItself", "options.relay ?? true"],
    ["a message that names its sender gets a second line", "text.trimStart().startsWith(MARK)", "false"],
    ["a message from outside names a sender", 'setting(env, "HARNEX_SESSION_ID") === undefined', "false"],
  ]),
];
