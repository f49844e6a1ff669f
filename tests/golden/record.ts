/**
 * Records the screen of a live session: `deno run -A tests/golden/record.ts ID FOLDER` writes `<columns>x<rows>.ansi`
 * and `.json` into the folder, such as tests/golden/gemini/idle. UPDATE_GOLDEN=1 then adds what the adapter reads.
 */

import { join } from "node:path";

const [id = "", folder = ""] = Deno.args;
if (id === "" || folder === "") {
  console.error("record: usage: deno run -A tests/golden/record.ts ID FOLDER");
  Deno.exit(2);
}

const { HARNEX_STATE_DIR, XDG_STATE_HOME, HOME = "/" } = Deno.env.toObject();
const sessions = join(HARNEX_STATE_DIR || join(XDG_STATE_HOME || join(HOME, ".local/state"), "harnex"), "sessions");
const records = [...Deno.readDirSync(sessions)].map(({ name }) => join(sessions, name)).filter((path) =>
  path.endsWith(`--${id}.json`)
);
const [path] = records;
if (path === undefined || records.length > 1) {
  console.error(`record: ${records.length} live sessions in ${sessions} have the id ${id}`);
  Deno.exit(1);
}
const { host, port, token, output_log_path } = JSON.parse(Deno.readTextFileSync(path));

async function read(format: "json" | "ansi"): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`http://${host}:${port}/screen?format=${format}`, { headers });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`the session answered ${answer.status}: ${body}`);
  return body;
}

// The screen may change between the two requests: a stable one is read again.
const [before, ansi, after] = [await read("json"), await read("ansi"), await read("json")];
if (before !== after) {
  console.error("record: the screen changed while it was read; try again");
  Deno.exit(1);
}
const { rows, columns, cursor, title } = JSON.parse(after);
const transcript = new TextDecoder().decode(Deno.readFileSync(output_log_path));
const bracketedPaste = transcript.lastIndexOf("\x1b[?2004h") > transcript.lastIndexOf("\x1b[?2004l");

Deno.mkdirSync(folder, { recursive: true });
const name = join(folder, `${columns}x${rows}`);
Deno.writeTextFileSync(`${name}.ansi`, `${ansi}\n`);
Deno.writeTextFileSync(
  `${name}.json`,
  JSON.stringify({ rows, columns, cursor, title, bracketedPaste }, null, 2) + "\n",
);
console.log(`${name}.ansi\n${name}.json`);
