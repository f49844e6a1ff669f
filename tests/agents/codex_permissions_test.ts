/**
 * What `--approvals ask` and `deny` promise holds with the real Codex, whatever its own settings say: no tool that
 * leaves the sandbox runs without an answer. The judges are the project folder, and what the model was told.
 */

import { deepEqual, equal, match } from "../support/assert.ts";
import { type CodexStage, setCodexStage } from "../support/codex_stage.ts";
import { say, type Script, shell } from "../support/mock_responses.ts";
import { exists } from "../support/sessions.ts";

/** What a person may have in `config.toml`. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  "no settings": [],
  "never and danger-full-access": ['approval_policy = "never"', 'sandbox_mode = "danger-full-access"'],
  "a model that answers": ['approvals_reviewer = "auto_review"'],
  "a permission profile": ['default_permissions = ":danger-full-access"'],
};

const TRANSPORTS: Readonly<Record<string, readonly string[]>> = { "JSON-RPC": [], "the TUI": ["--legacy-pty"] };

/** Each message is the name of a file: the model makes it, `asked-…` outside of the sandbox, and says a word about it. */
const makeFile: Script = ({ prompt, toolOutputs }) =>
  toolOutputs.length > 0 || !/^(?:asked|plain)-file$/.test(prompt)
    ? say("so be it")
    : shell(`touch ${prompt}`, { escalate: prompt.startsWith("asked") });

/** What tools told the model about this message. */
function outputsFor(stage: CodexStage, text: string): string[] {
  return stage.model.requests.flatMap(({ prompt, toolOutputs }) => prompt === text ? toolOutputs : []);
}

const REFUSED = /reject|approval policy/i;

/** Sends the message; it must block, and after a denial nothing must have happened. */
async function mustAsk(stage: CodexStage, id: string, file: string): Promise<void> {
  const { answer, sandbox } = stage;
  await answer(0, "wait", "--id", id, "--until", "prompt", "--timeout", "30");
  await answer(0, "send", "--id", id, file);
  await answer(0, "wait", "--id", id, "--until", "blocked", "--timeout", "30");
  deepEqual([exists(`${sandbox.project}/${file}`), outputsFor(stage, file)], [false, []]);
  await answer(0, "answer", "--id", id, "--deny");
  await answer(0, "wait", "--id", id, "--until", "prompt", "--timeout", "30");
  equal(exists(`${sandbox.project}/${file}`), false);
}

/** Sends the message; it must be done with, refused, without a question. */
async function mustRefuse(stage: CodexStage, id: string, file: string): Promise<void> {
  const { answer, sandbox } = stage;
  await answer(0, "wait", "--id", id, "--until", "prompt", "--timeout", "30");
  await answer(0, "send", "--id", id, "--wait-for-idle", "--timeout", "40", file);
  equal(exists(`${sandbox.project}/${file}`), false);
  match(outputsFor(stage, file).join("\n"), REFUSED);
  const events = await stage.events(id);
  deepEqual(events.filter(({ type }) => type === "blocked"), []);
}

for (const [transport, flags] of Object.entries(TRANSPORTS)) {
  for (const [name, settings] of Object.entries(SETTINGS)) {
    for (const [approvals, judge] of [["ask", mustAsk], ["deny", mustRefuse]] as const) {
      Deno.test(`codex over ${transport}, ${name}: --approvals ${approvals} holds`, async () => {
        await using stage = setCodexStage(makeFile, { settings });
        await stage.answer(0, "run", "codex", ...flags, "--id", "cp", "--detach", "--approvals", approvals);
        await judge(stage, "cp", "asked-file");
        await stage.answer(0, "stop", "--id", "cp", "--wait");
      });
    }
  }

  for (const [approvals, judge] of [["ask", mustAsk], ["deny", mustRefuse]] as const) {
    Deno.test(`codex over ${transport}: --approvals ${approvals} holds for a resumed thread that ran without questions`, async () => {
      await using stage = setCodexStage(makeFile);
      const { answer } = stage;
      await answer(0, "run", "codex", ...flags, "--id", "c1", "--detach", "--", "--yolo");
      await answer(0, "wait", "--id", "c1", "--until", "prompt", "--timeout", "30");
      await answer(0, "send", "--id", "c1", "--wait-for-idle", "--timeout", "40", "plain-file");
      equal(exists(`${stage.sandbox.project}/plain-file`), true);
      await answer(0, "stop", "--id", "c1", "--wait");
      const thread = (await stage.events("c1")).findLast(({ type }) => type === "usage")?.["agent_session_id"];
      const words = ["--", "resume", String(thread)];
      await answer(0, "run", "codex", ...flags, "--id", "c2", "--detach", "--approvals", approvals, ...words);
      await judge(stage, "c2", "asked-file");
      await answer(0, "stop", "--id", "c2", "--wait");
    });
  }
}
