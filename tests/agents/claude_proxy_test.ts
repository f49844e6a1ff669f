/**
 * Claude Code 2.1.197 asks a proxy for everything, its hooks included; they have to reach their session all the same.
 */

import { deepEqual } from "../support/assert.ts";
import { setStage } from "../support/claude_session.ts";

Deno.test("claude behind a proxy tells of its turns by its hooks", async () => {
  const asked: string[] = [];
  await using proxy = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    asked.push(request.url);
    return new Response("this proxy reaches nobody", { status: 502 });
  });
  const url = `http://127.0.0.1:${proxy.addr.port}`;
  await using stage = await setStage({ env: { HTTP_PROXY: url, HTTPS_PROXY: url, no_proxy: "example.org" } });
  const session = await stage.start("--detach", "h1");
  await stage.answer(0, "send", "--id", "h1", "--wait-for-idle", "--timeout", "30", "--message", "SAY hello");
  const end = (await stage.events("h1")).findLast(({ type }) => type === "task_complete");
  deepEqual([end?.["source"], end?.["last_message"]], ["hook", "hello"]);
  deepEqual(asked.filter((each) => each.includes(`:${session.port}`)), []);
  await stage.answer(0, "stop", "--id", "h1", "--wait");
});
