/** `send` from inside a session: the line that tells the receiver who sent the message. */

import { deepEqual, equal, match } from "../support/assert.ts";
import { at, textOf } from "../support/json.ts";
import { runInProcess } from "../support/program.ts";
import { withTempDir } from "../support/temp.ts";

const REPO = "/home/me/project";
const INSIDE = {
  HARNEX_ID: "boss",
  HARNEX_SESSION_ID: "0123456789abcdef",
  HARNEX_SESSION_CLI: "codex",
};

/** The text that a session gets when this is sent to its API. */
async function received(words: readonly string[], env: Readonly<Record<string, string>> = INSIDE): Promise<string> {
  let text = "";
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.method === "POST") text = textOf(at(await request.json(), "text"));
    return Response.json({ ok: true, status: "queued", message_id: "m" }, {
      status: request.method === "POST" ? 202 : 200,
    });
  });
  await withTempDir(async (cwd) => {
    const address = ["--port", String(server.addr.port), "--token", "t", "--no-wait"];
    const placed = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace(REPO, cwd)]));
    const result = await runInProcess(["send", ...address, ...words], { env: placed, cwd: () => cwd });
    equal(result.code, 0, result.stderr);
  });
  return text;
}

const HEADER = /^\[harnex relay from=codex id=boss at=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\]\nhello$/;

Deno.test("send adds the sender's line from inside a session", async () => {
  match(await received(["--id", "m", "hello"]), HEADER);
});

Deno.test("send adds no such line from outside, or where one of the variables is missing or blank", async () => {
  equal(await received(["--id", "m", "hello"], {}), "hello");
  for (const name of Object.keys(INSIDE)) {
    equal(await received(["--id", "m", "hello"], { ...INSIDE, [name]: " " }), "hello", name);
  }
});

Deno.test("send adds no such line to a message to the session itself, unless --relay asks for it", async () => {
  const here = { ...INSIDE, HARNEX_SESSION_REPO_ROOT: REPO };
  equal(await received(["--id", "BOSS", "hello"], here), "hello");
  match(await received(["--id", "BOSS", "--relay", "hello"], here), HEADER);
  match(await received(["--id", "boss", "hello"], { ...here, HARNEX_SESSION_REPO_ROOT: "/elsewhere" }), HEADER);
});

Deno.test("send adds no second line, and none with --no-relay", async () => {
  const texts = ["[harnex relay from=a id=b at=x] hi", "  [harnex relay from=a id=b at=x] hi"];
  deepEqual(await Promise.all(texts.map((text) => received(["--id", "m", "--message", text]))), texts);
  equal(await received(["--id", "m", "--no-relay", "hello"]), "hello");
});

Deno.test("send adds no line to an Enter alone", async () => {
  equal(await received(["--id", "m", "--submit-only"]), "");
});
