/**
 * A host that is slow where others are quick: its agent is done before the host has noted what it was given to do,
 * who started it has its next command ready, somebody asks for a stop while it does its accounts. On a busy machine
 * these happen by themselves, once in some hundred times.
 */

import { join } from "node:path";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { startInProcessHost } from "../support/in_process_host.ts";
import { fileName, type Json, parseJson } from "../support/sessions.ts";
import { tempDir } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const PATIENCE_MS = 20_000;
/** Rounds of the event loop in which everything that was printed is drawn and read. */
const ROUNDS = 100;

function folders(dir: ReturnType<typeof tempDir>): { stateDir: string; project: string } {
  const [stateDir, project] = [dir.join("state"), dir.join("project")];
  for (const folder of [stateDir, project]) Deno.mkdirSync(folder);
  return { stateDir, project };
}

/** What a file of JSON lines holds. */
function linesOf(path: string): Json[] {
  return Deno.readTextFileSync(path).trim().split("\n").map((line) => parseJson(line));
}

Deno.test("an agent that has done its first task before the host looks is done, and is stopped", async () => {
  using dir = tempDir();
  const [stateDir, project] = [dir.join("state"), dir.join("project")];
  for (const folder of [stateDir, project]) Deno.mkdirSync(folder);
  const { clock, files } = denoPlatform();
  const transcript = join(stateDir, "output", `${fileName(project, "k")}.log`);
  let held = false;
  const host = startInProcessHost({
    stateDir,
    project,
    launch: { context: "the task", autoStop: true },
    world: {
      files: {
        ...files,
        async replace(path, text) {
          if (path.includes("/sessions/") && !held) {
            held = true;
            await until(
              PATIENCE_MS,
              async () => (await files.readText(transcript))?.endsWith("> ") || undefined,
              "prompt",
            );
            for (let round = 0; round < ROUNDS; round++) await clock.sleep(0);
          }
          await files.replace(path, text);
        },
      },
    },
  });
  const { code, reason } = await within(PATIENCE_MS, host.ended);
  deepEqual([held, code, reason], [true, 0, "success"]);
  const events = linesOf(join(stateDir, "events", `${fileName(project, "k")}.jsonl`));
  deepEqual(
    events.map(({ type }) => String(type)).filter((type) => /^(turn|task|stop)/.test(type)),
    ["turn_started", "task_complete", "stop_requested"],
  );
});

Deno.test("a host that is told to end as soon as it has told of its session ends in good order", async () => {
  using dir = tempDir();
  const host = startInProcessHost(folders(dir));
  await host.registered;
  equal(host.signal("SIGTERM"), true);
  const { code, reason } = await within(PATIENCE_MS, host.ended);
  deepEqual([code, reason], [0, "success"]);
});

/** A host that is told to end when it first touches a file of a kind. */
function startInterrupted(kind: string) {
  const dir = tempDir();
  const place = folders(dir);
  const { files } = denoPlatform();
  const heard: boolean[] = [];
  const tellAt = (path: string) => {
    if (path.includes(`/${kind}/`) && heard.length === 0) heard.push(host.signal("SIGTERM"));
  };
  const host = startInProcessHost({
    ...place,
    world: {
      files: {
        ...files,
        tryLock: (path) => (tellAt(path), files.tryLock(path)),
        openAppend: (path) => (tellAt(path), files.openAppend(path)),
        replace: (path, text) => (tellAt(path), files.replace(path, text)),
      },
    },
  });
  return { host, heard, place, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

for (const kind of ["locks", "events", "output"]) {
  Deno.test(`a host that is told to end before its agent runs starts none, and leaves no claim: ${kind}`, async () => {
    using scene = startInterrupted(kind);
    await rejects(() => within(PATIENCE_MS, scene.host.ended), { name: "Interrupted", exitCode: 143 });
    deepEqual([scene.heard, scene.host.agentStarted()], [[true], false]);
    deepEqual([...Deno.readDirSync(join(scene.place.stateDir, "locks"))], []);
  });
}

Deno.test("a host that is told to end when its agent has just been started ends in good order", async () => {
  using scene = startInterrupted("sessions");
  const { code, reason } = await within(PATIENCE_MS, scene.host.ended);
  deepEqual([scene.heard, scene.host.agentStarted(), code, reason], [[true], true, 0, "success"]);
});

Deno.test("a session that was told of stands in the ledger", async () => {
  using dir = tempDir();
  const { stateDir, project } = folders(dir);
  const host = startInProcessHost({ stateDir, project });
  await host.registered;
  deepEqual(linesOf(join(stateDir, "dispatches.jsonl")).map(({ type, id }) => [type, id]), [["dispatch_start", "k"]]);
  await host.call("POST", "/stop");
  await within(PATIENCE_MS, host.ended);
});

Deno.test("the first task comes before what is sent as soon as the session is known", async () => {
  using dir = tempDir();
  const { stateDir, project } = folders(dir);
  // Too long for a command line, so that it goes through the inbox.
  const host = startInProcessHost({ stateDir, project, launch: { context: "task ".repeat(20_000) } });
  await host.registered;
  equal((await host.call("POST", "/send", { text: "more", submit: true })).status, 202);
  const queued = linesOf(join(stateDir, "inbox", `${fileName(project, "k")}.jsonl`)).filter((line) => "text" in line);
  deepEqual(queued.map(({ text }) => String(text).slice(0, 20)), ["[harnex session id=k", "more"]);
  await host.call("POST", "/stop");
  await within(PATIENCE_MS, host.ended);
});

Deno.test("a file that changes as soon as the session is known is told of", async () => {
  using dir = tempDir();
  const { stateDir, project } = folders(dir);
  const host = startInProcessHost({ stateDir, project, launch: { watchFile: "notes" } });
  await host.registered;
  Deno.writeTextFileSync(join(project, "notes"), "new");
  const transcript = join(stateDir, "output", `${fileName(project, "k")}.log`);
  const told = () => Promise.resolve(Deno.readTextFileSync(transcript).includes("did: file-change-hook") || undefined);
  await until(PATIENCE_MS, told, "the message");
  await host.untilState("prompt");
  await host.call("POST", "/stop");
  await within(PATIENCE_MS, host.ended);
});

Deno.test("a stop that comes while the end is accounted for changes nothing", async () => {
  using dir = tempDir();
  const { stateDir, project } = folders(dir);
  const { files } = denoPlatform();
  const answers: Json[] = [];
  const host = startInProcessHost({
    stateDir,
    project,
    world: {
      files: {
        ...files,
        async replace(path, text) {
          if (path.includes("/exits/")) answers.push((await host.call("POST", "/stop")).body);
          await files.replace(path, text);
        },
      },
    },
  });
  await host.untilState("prompt");
  await host.call("POST", "/send", { text: "/exit", submit: true });
  deepEqual((await within(PATIENCE_MS, host.ended)).reason, "disconnected");
  deepEqual(answers, [{ ok: true, signal: "already_requested" }]);
  const types = linesOf(join(stateDir, "events", `${fileName(project, "k")}.jsonl`)).map(({ type }) => type);
  deepEqual(types.slice(-3), ["usage", "summary", "exited"]);
});

Deno.test("a session in tmux names its window in the first record that it writes", async () => {
  using dir = tempDir();
  const { stateDir, project } = folders(dir);
  const { files } = denoPlatform();
  const records: Json[] = [];
  const host = startInProcessHost({
    stateDir,
    project,
    launch: { mode: "tmux" },
    env: { TMUX: "/tmp/tmux/default,1,0", TMUX_PANE: "%7" },
    run: (argv) => argv[0] === "tmux" && argv.includes("%7") ? "%7:99:work:k: it\n" : "",
    world: {
      files: {
        ...files,
        async replace(path, text) {
          if (path.includes("/sessions/")) records.push(parseJson(text));
          await files.replace(path, text);
        },
      },
    },
  });
  await host.registered;
  await host.call("POST", "/stop");
  await within(PATIENCE_MS, host.ended);
  const [first] = records;
  deepEqual([first?.["tmux_target"], first?.["tmux_session"], first?.["tmux_window"]], ["%7", "work", "k: it"]);
  const { meta } = linesOf(join(stateDir, "dispatches.jsonl")).at(-1) ?? {};
  equal(parseJson(JSON.stringify(meta))["tmux_session"], "work");
});
