/**
 * A person behind a proxy: sessions are on this machine, and no proxy is asked for them.
 */

import { deepEqual, equal, match } from "../support/assert.ts";
import { harnexProgram } from "../support/cli.ts";
import { createSessions } from "../support/sessions.ts";

for (const variable of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
  Deno.test(`with ${variable} set, sessions are reached without it, and agents get it as it was given`, async () => {
    const asked: string[] = [];
    await using proxy = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      asked.push(request.url);
      return new Response("who are you?", { status: 502 });
    });
    const env = { [variable]: `http://127.0.0.1:${proxy.addr.port}`, no_proxy: "example.org" };
    await using sessions = createSessions(() => ({ env }));
    await sessions.startReady("p", ["repl"]);
    const sent = await sessions.ask(["send", "--id", "p", "--wait-for-idle", "--timeout", "20", "hello"]);
    equal(sent.code, 0, sent.stderr);
    match((await sessions.run(["pane", "--id", "p"])).stdout, /did: hello/);
    match((await sessions.run(["status"])).stdout, /^p +repl .* prompt /m);
    await using viewer = await sessions.open([...harnexProgram(), "attach", "--id", "p"]);
    await viewer.output.until(/did: hello/);
    equal((await sessions.ask(["stop", "--id", "p", "--wait"])).code, 0);
    const shown = await sessions.run(["run", "--id", "e", "sh", "--", "-c", `echo "$no_proxy $NO_PROXY|$${variable}"`]);
    equal(shown.stdout, `example.org |${env[variable]}\r\n`);
    deepEqual(asked, []);
  });
}
