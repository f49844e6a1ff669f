import { AGENT_NAMES, agentVersion } from "../agents/install.ts";
import {
  agentsOf,
  compatibilityTable,
  newFailures,
  OUT_OF_TIME,
  readJunit,
  type RunResult,
} from "../agents/results.ts";
import { deepEqual, match } from "../support/assert.ts";

const JUNIT = `<testsuites><testsuite name="./tests/agents/a_test.ts">
<testcase name="codex: &quot;one&quot; &lt;b&gt;" classname="./tests/agents/a_test.ts" time="0.1" line="1" col="6">
</testcase>
<testcase name="claude fails" classname="./tests/agents/a_test.ts" time="0.1" line="2" col="8">
<failure message="1 test step failed">1 test step failed.</failure>
</testcase>
<testcase name="skipped" classname="./tests/agents/a_test.ts" time="0.0" line="3" col="6">
<skipped/>
</testcase>
<testcase name="claude fails &gt; inner" classname="./tests/agents/a_test.ts" time="0.0" line="2" col="43">
<failure message="x">x</failure>
</testcase>
</testsuite></testsuites>`;

const VERSIONS = { claude: "2", codex: "1", gemini: "1", opencode: "1" };
const RUN: RunResult = {
  set: "latest",
  date: "2026-01-02",
  platform: "linux-x86_64",
  versions: VERSIONS,
  tests: readJunit(JUNIT),
};

Deno.test("readJunit() gives each test with its outcome, without its steps", () => {
  const file = "tests/agents/a_test.ts";
  deepEqual(RUN.tests, [
    { file, name: 'codex: "one" <b>', outcome: "passed" },
    { file, name: "claude fails", outcome: "failed" },
    { file, name: "skipped", outcome: "ignored" },
  ]);
});

Deno.test("agentsOf() reads the agents from the name, else from the file, else takes all", () => {
  deepEqual(agentsOf({ file: "tests/agents/codex_test.ts", name: "a dispatch to claude" }), ["claude"]);
  deepEqual(agentsOf({ file: "tests/agents/codex_main_test.ts", name: "a turn" }), ["codex"]);
  deepEqual(agentsOf({ file: "tests/agents/install_test.ts", name: "anything" }), AGENT_NAMES);
});

Deno.test("newFailures() gives what failed for the very version that the known failures are about", () => {
  const title = "tests/agents/a_test.ts › claude fails";
  const known = (versions: Record<string, string>, failures: string[]) => newFailures(RUN, { versions, failures });
  deepEqual(known({ claude: "2" }, []), [title]);
  deepEqual(known({ claude: "2" }, [title]), []);
  deepEqual(known({ claude: "1", codex: "1" }, []), []);
  deepEqual(known({}, []), []);
  const slow = {
    ...RUN,
    tests: [{ file: "tests/agents/claude_test.ts", name: OUT_OF_TIME, outcome: "failed" as const }],
  };
  deepEqual(newFailures(slow, { versions: VERSIONS, failures: [] }), []);
});

Deno.test("compatibilityTable() has a row for each agent and version, the newest run last", () => {
  const older: RunResult = { ...RUN, set: "pinned", date: "2026-01-01", versions: { ...VERSIONS, claude: "1" } };
  deepEqual(compatibilityTable([older, RUN]).split("\n").slice(2), [
    "| Claude Code | 1 | 2026-01-01: 0 passed, 1 failed |",
    "| Claude Code | 2 | 2026-01-02: 0 passed, 1 failed |",
    "| Codex | 1 | 2026-01-02: 1 passed, 0 failed |",
    "| Gemini CLI | 1 | not run |",
    "| OpenCode | 1 | not run |",
  ]);
});

Deno.test("the README's compatibility table names the versions that are tested", () => {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  const [, table = ""] = /<!-- compatibility: .*?-->(.*?)<!--/s.exec(readme) ?? [];
  for (const agent of AGENT_NAMES) {
    for (const set of ["pinned", "latest"] as const) match(table, new RegExp(`\\| ${agentVersion(agent, set)} +\\|`));
  }
});
