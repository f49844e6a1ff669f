/**
 * A new row of `adapters/mod.ts` is all that harnex needs to know an agent: every question about agents is answered
 * from the rows.
 */

import { COMMON_LABELS, type LaunchRequest, type PtyAdapter, type RpcAdapter } from "../../src/adapters/adapter.ts";
import { codex } from "../../src/adapters/codex/codex.ts";
import { createGenericAdapter } from "../../src/adapters/generic.ts";
import { AGENTS, createAgents } from "../../src/adapters/mod.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import { listFiles, readText } from "../support/tree.ts";

const REQUEST: LaunchRequest = { args: [], cwd: "/", approvals: "auto", trust: false, env: {}, isRoot: false };
const TERMINAL: PtyAdapter = { ...createGenericAdapter("in-terminal"), labels: ["at-lunch"] };
const PROTOCOL: RpcAdapter = { ...codex, name: "by-protocol", labels: ["in-a-meeting"] };
const LEGACY: PtyAdapter = { ...createGenericAdapter("by-protocol"), labels: ["on-the-phone"] };
const PROFILE = {
  command: "taught-command",
  prompt: ["^> "],
  dialogs: [{ kind: "permission", label: "may-i", when: ["^May I"] }],
};

const agents = createAgents([
  { kind: "terminal", adapter: TERMINAL },
  { kind: "protocol", adapter: PROTOCOL, legacy: LEGACY },
  { kind: "profile", name: "by-profile", load: () => Promise.resolve({ default: PROFILE }) },
]);

/** A person's own profile. */
function taught(fields: object) {
  return { path: "/x.json", text: JSON.stringify({ command: "mine", prompt: ["^> "], ...fields }) };
}

Deno.test("createAgents() names the agents of its rows, and those that are built in", () => {
  deepEqual(agents.names, ["in-terminal", "by-protocol", "by-profile"]);
  deepEqual(agents.builtIn, ["in-terminal", "by-protocol"]);
});

Deno.test("agents.find() gives the adapter of a row, of its older interface, or of any program", async () => {
  equal(await agents.find("in-terminal"), TERMINAL);
  equal(await agents.find("by-protocol"), PROTOCOL);
  equal(await agents.find("by-protocol", { drive: "legacy" }), LEGACY);
  equal((await agents.find("by-profile")).plan(REQUEST).argv[0], "taught-command");
  deepEqual((await agents.find("vi")).plan({ ...REQUEST, args: ["x"] }).argv, ["vi", "x"]);
});

Deno.test("agents.find() names the agents that have an older interface to one that has none", async () => {
  await rejects(agents.find("vi", { drive: "legacy" }), /--legacy-pty is for by-protocol; run vi without it$/);
  await rejects(agents.find("in-terminal", { drive: "legacy" }), /--legacy-pty is for by-protocol; /);
});

Deno.test("agents.find() lets a person's profile take a built-in agent's place only if it says so", async () => {
  const commandOf = async (name: string, fields: object) =>
    (await agents.find(name, { taught: taught(fields) })).plan(REQUEST).argv[0];
  equal(await agents.find("in-terminal", { taught: taught({}) }), TERMINAL);
  equal(await commandOf("in-terminal", { replaces_built_in: true }), "mine");
  equal(await commandOf("by-profile", {}), "mine");
  equal(await commandOf("vi", {}), "mine");
  await rejects(agents.find("vi", { taught: { path: "/x.json", text: "{" } }), /the profile of vi, \/x\.json: /);
});

Deno.test("agents.findScreen() gives the adapter that reads a terminal", async () => {
  equal(await agents.findScreen("in-terminal"), TERMINAL);
  equal(await agents.findScreen("by-protocol"), LEGACY);
  equal((await agents.findScreen("by-profile")).plan(REQUEST).argv[0], "taught-command");
  equal((await agents.findScreen("vi")).plan(REQUEST).argv[0], "vi");
});

Deno.test("agents.labels() gives every name of a state that an adapter may use, once", async () => {
  const own = ["at-lunch", "in-a-meeting", "on-the-phone", "may-i", "choice"];
  deepEqual([...await agents.labels()].sort(), [...COMMON_LABELS, ...own].sort());
});

Deno.test("every agent that comes with harnex has recordings of its own, under its name", () => {
  const folders = [...Deno.readDirSync(new URL("../golden/", import.meta.url))].map(({ name }) => name);
  deepEqual(AGENTS.names.filter((name) => !folders.includes(name)), []);
  for (const name of AGENTS.names) match(name, /^[a-z][a-z0-9-]*$/);
});

/** Layers that know no agent, not even in comments. `cli` names agents in examples, `transports` in reasons for waits. */
const WITHOUT_AGENTS = ["client", "host", "model", "platform", "recovery", "store", "text", "tracing", "wire"];

Deno.test("below the command line, adapters and transports alone name an agent", () => {
  const agent = new RegExp(`\\b(?:${AGENTS.names.join("|")})\\b`, "i");
  const files = listFiles(["src"]).filter((path) => WITHOUT_AGENTS.includes(path.split("/")[1] ?? ""));
  const lines = files.flatMap((path) => readText(path).split("\n").map((line) => `${path}: ${line.trim()}`));
  deepEqual(lines.filter((line) => agent.test(line)), []);
});
