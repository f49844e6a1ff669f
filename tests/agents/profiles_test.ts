/**
 * The agents that harnex knows by a profile alone, the real ones: started, given work, asked back, stopped.
 */

import { exists } from "../support/sessions.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { type ProfiledAgent, setProfiledStage } from "../support/profiled_session.ts";

const MODELS: Readonly<Record<ProfiledAgent, string>> = { gemini: "gemini-2.5-flash", opencode: "mock/mock-1" };
for (const agent of ["gemini", "opencode"] as const) {
  Deno.test(`${agent}: run, prompt seen, send, busy, done, a question answered by its label, stop`, async () => {
    await using stage = setProfiledStage(agent);
    const { answer, run } = stage;
    const model = MODELS[agent];
    await answer(
      0,
      ...["run", agent, "--id", "p1", "--detach", "--timeout", "60", "--approvals", "ask", "--model", model],
    );
    if (agent === "gemini") {
      await answer(0, "wait", "--id", "p1", "--until", "blocked", "--timeout", "80");
      await answer(0, "answer", "--id", "p1", "--choice", "Trust folder (project)");
    }
    await answer(0, "wait", "--id", "p1", "--until", "prompt", "--timeout", "80");

    const sent = await answer(0, "send", "--id", "p1", "--message", "DELAY 1 SAY pelican @nowhere", "--wait-for-idle");
    deepEqual([sent["ok"], sent["state"]], [true, "prompt"]);
    match((await run("pane", "--id", "p1")).stdout, /^\W*pelican @nowhere\s*$/m);

    await answer(0, "send", "--id", "p1", "--message", "SHELL touch made-by-tool");
    await answer(0, "wait", "--id", "p1", "--until", "blocked", "--timeout", "60");
    equal(exists(`${stage.sandbox.project}/made-by-tool`), false);
    await answer(0, "answer", "--id", "p1", "--choice", "Allow once");
    await answer(0, "wait", "--id", "p1", "--until", "prompt", "--timeout", "60");
    equal(exists(`${stage.sandbox.project}/made-by-tool`), true);

    deepEqual(stage.mock.requests.map((text) => text.trim()), [
      "DELAY 1 SAY pelican @nowhere",
      "SHELL touch made-by-tool",
    ]);
    await answer(0, "stop", "--id", "p1", "--wait");
    equal((await answer(0, "wait", "--id", "p1"))["reason"], "success");
    const told = await stage.story("p1");
    // Gemini draws its answered dialog anew while it starts again, so only what comes after the boot is exact.
    const sentAt = told.findIndex((step) => step.startsWith("send "));
    equal(told.slice(0, sentAt).includes("answered Trust folder (project)"), agent === "gemini");
    const worked = told.slice(sentAt, told.lastIndexOf("state busy → prompt") + 1);
    deepEqual(worked.filter((step) => step !== "queued"), [
      "send DELAY 1 SAY pelican @nowhere",
      "turn_started",
      "task_complete completed",
      "state busy → prompt",
      "state prompt → busy",
      "send SHELL touch made-by-tool",
      "turn_started",
      "state busy → blocked",
      "blocked permission",
      "state blocked → busy",
      "answered Allow once",
      "task_complete completed",
      "state busy → prompt",
    ]);
    equal(told.at(-1), "exited");
  });
}
