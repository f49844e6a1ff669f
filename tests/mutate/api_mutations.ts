/** Faults in the session's API: who may call it, how much it takes, what it answers. */

import { inFile, type Mutation } from "./mutation.ts";

const ACCESS = ["tests/unit/api_access_test.ts"];
const CHECKS = ["tests/unit/api_checks_test.ts"];
const REQUESTS = ["tests/unit/api_requests_test.ts", "tests/unit/openapi_test.ts", ...CHECKS];

export const API_MUTATIONS: readonly Mutation[] = [
  ...inFile("src/host/api/access.ts", ACCESS, [
    [
      "a name is accepted where all addresses are bound",
      "isWildcard(hostname) && ADDRESS.test(name)",
      "isWildcard(hostname)",
    ],
    ["any address is accepted where one is bound", "isWildcard(hostname) && ADDRESS.test(name)", "ADDRESS.test(name)"],
    ["a request without a Host header is accepted", 'if (name === "") return false;', 'if (name === "") return true;'],
    ["every name is the session's own", ".includes(name);", ".includes(name) || name.length > 0;"],
    ["capital letters make a name foreign", '.replace(/:[0-9]+$/, "").toLowerCase()', '.replace(/:[0-9]+$/, "")'],
    ["any token of the right length opens the API", " && timingSafeEqual(given, expected)", ""],
    ["a token opens the API without its scheme", "`Bearer ${token}`", "token"],
  ]),
  ...inFile("src/host/api/routes.ts", REQUESTS, [
    [
      "a foreign Host header is let in",
      'if (!isOwnHost(request.headers.get("host"), host.hostname)) {',
      "if (!request) {",
    ],
    ["no token is asked for", 'if (!isBearerOf(request.headers.get("authorization"), token)) {', "if (!token) {"],
    [
      "a hook's token opens the whole API",
      '?.operation.token === "hook" ? host.hookToken : host.token',
      '?.operation.token === "hook" ? host.token : host.hookToken',
    ],
    ["any method does", "operation.method === request.method", "operation.method !== undefined"],
    ["a path may go on after a message's id", 'segment === "" || segment.includes("/")', 'segment === ""'],
    ["--kill-after of 0 kills at once", "killAfterS > 0 ?", "killAfterS >= 0 ?"],
    ["seconds are taken for milliseconds", "killAfterS * 1000", "killAfterS"],
    ["a caller's name fills the event log", "firstCharacters(by, BY_LIMIT)", "by"],
    ["a message that a dead host left is not found", "message_id === id", "message_id === undefined"],
    [
      "an answer that says nothing is passed on",
      "given.choice === undefined && given.decision === undefined",
      "given.choice === null",
    ],
  ]),
  ...inFile("src/host/api/http.ts", CHECKS, [
    [
      "a body of exactly the limit is too large",
      "if (size > limit) throw tooLarge();",
      "if (size >= limit) throw tooLarge();",
    ],
    ["a body without a length has no limit", "if (size > limit) throw tooLarge();", ""],
    ["the limit of a body is twice as large", "const BODY_LIMIT = 1 << 20;", "const BODY_LIMIT = 1 << 21;"],
    ["a list is an object", "if (object === undefined) throw", "if (text === undefined) throw"],
    ["a character that two chunks share is lost", "{ stream: true }", "{ stream: false }"],
  ]),
  ...inFile("src/host/api/send.ts", REQUESTS, [
    ["a message without text is typed", 'if (text === "" && mode !== "enter") throw', "if (text === undefined) throw"],
    ["text without a flag is a message", '!("submit" in body || "enter_only" in body || "force" in body)', "false"],
    ["submit: false is ignored", 'body.submit === false ? "type" : "submit"', '"submit"'],
    ["every message is forced", "body.force === true", "true"],
    ["an empty key is a key", 'if (key === "") throw', "if (key === null) throw"],
  ]),
  ...inFile("src/host/api/event_stream.ts", CHECKS, [
    ["an event that came meanwhile is sent twice", "if (event.seq > last) write(event);", "write(event);"],
    ["an event that came meanwhile is lost", "for (const event of missed) if", "for (const event of []) if"],
  ]),
];
