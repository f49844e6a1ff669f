/** What a run of the tests here found, as one JSON file for each set of agents, and how two runs compare. Pure. */

import { AGENT_NAMES, type AgentName, type AgentSet, agentTitle } from "./install.ts";

export interface TestResult {
  file: string;
  name: string;
  outcome: "passed" | "failed" | "ignored";
}

export interface RunResult {
  set: AgentSet;
  /** the day of the run */
  date: string;
  platform: string;
  versions: Readonly<Record<string, string>>;
  tests: readonly TestResult[];
}

/** Failures of the latest agents that are known, each as `file › name`, with the versions that they are about. */
export interface KnownFailures {
  versions: Readonly<Record<string, string>>;
  failures: readonly string[];
}

/** Stands for the tests of a file that was cut off by the limit of the whole run. */
export const OUT_OF_TIME = "did not end in time";

/** The tests in a JUnit report of `deno test`, without the steps inside of them. */
export function readJunit(xml: string): TestResult[] {
  const cases = [...xml.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]*>(.*?)<\/testcase>/gs)];
  const tests = cases.map(([, name = "", file = "", body = ""]): TestResult => ({
    file: decode(file).replace(/^\.\//, ""),
    name: decode(name),
    outcome: body.includes("<failure") ? "failed" : body.includes("<skipped") ? "ignored" : "passed",
  }));
  return tests.filter(({ name }) => !tests.some((other) => name.startsWith(`${other.name} > `)));
}

function decode(text: string): string {
  const entities: Readonly<Record<string, string>> = { quot: '"', lt: "<", gt: ">", amp: "&", apos: "'" };
  return text.replaceAll(/&(quot|lt|gt|amp|apos);/g, (_, name: string) => entities[name] ?? "")
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

/** The agents that a test is about: those that its name has, else those of its file's name, else all. */
export function agentsOf({ file, name }: Pick<TestResult, "file" | "name">): readonly AgentName[] {
  const named = (text: string) =>
    AGENT_NAMES.filter((agent) => new RegExp(`(?:^|[^a-z])${agent}(?![a-z])`, "i").test(text));
  for (const text of [name, file.split("/").at(-1) ?? ""]) {
    const agents = named(text);
    if (agents.length > 0) return agents;
  }
  return AGENT_NAMES;
}

export function titleOf({ file, name }: Pick<TestResult, "file" | "name">): string {
  return `${file} › ${name}`;
}

/**
 * What became worse: failures that are not known, of agents in the very versions that the known ones are about. A run
 * that was too slow says nothing about them.
 */
export function newFailures(run: RunResult, known: KnownFailures): string[] {
  const failed = run.tests.filter((test) =>
    test.outcome === "failed" && test.name !== OUT_OF_TIME &&
    agentsOf(test).some((agent) => known.versions[agent] === run.versions[agent])
  );
  return failed.map(titleOf).filter((title) => !known.failures.includes(title));
}

/** The rows of the README's table: each agent, with what each run found. */
export function compatibilityTable(runs: readonly RunResult[]): string {
  const rows = AGENT_NAMES.flatMap((agent) => {
    const seen = new Map<string, string>();
    for (const run of runs) seen.set(run.versions[agent] ?? "?", describeRun(run, agent));
    return [...seen].map(([version, found]) => `| ${agentTitle(agent)} | ${version} | ${found} |`);
  });
  return ["| agent | version | tests with the real program |", "| --- | --- | --- |", ...rows].join("\n");
}

function describeRun(run: RunResult, agent: AgentName): string {
  const own = run.tests.filter((test) => test.outcome !== "ignored" && agentsOf(test).includes(agent));
  if (own.length === 0) return "not run";
  const failed = own.filter(({ outcome }) => outcome === "failed").length;
  return `${run.date}: ${own.length - failed} passed, ${failed} failed`;
}
