/**
 * Records `harnex demo`, as it runs in a terminal, into .github/demo.svg: `deno run -A .ci/demo_svg.ts` after
 * `deno task compile`. What differs from run to run (pids, ports, ids, times, folders) is made the same, and lines
 * come at an even pace, so that the same tour gives the same file.
 */

import { spawnPty } from "../src/platform/pty.ts";

const ROOT = new URL("../", import.meta.url);
const COLUMNS = 92;
const ROWS = 24;
/** Wider than any line, so that the terminal breaks none. */
const RECORDED = { rows: 50, columns: 500 };
const CHARACTER = 7.8;
const LINE = 18;
const PADDING = 14;
/** Seconds until the next line: after a command somebody reads, output comes at once. */
const PACE = { command: 0.9, output: 0.15, blank: 0.5 };
const LAST = 5;

const LOOKS: Readonly<Record<string, string>> = { "0": "", "1": "b", "2": "d", "31": "r", "32": "g", "33": "y" };
const STYLE = "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;" +
  "fill:#c9d1d9;white-space:pre}.b{fill:#fff;font-weight:bold}.d{fill:#8b949e}.r{fill:#ff7b72}.g{fill:#7ee787}" +
  ".y{fill:#e3b341}";

const PID = "4711";
const FIXED: readonly [pattern: RegExp, text: string][] = [
  [/\/[^"\s]*harnex-demo-[0-9a-zA-Z]+/g, "/tmp/tour"],
  [/\.\.[0-9a-z]+\/project/g, "/tmp/tour/project"],
  [/"(session_id|message_id)":"[0-9a-f]{16}"/g, '"$1":"c7c634d9c9348575"'],
  [/"pid":\d+/g, `"pid":${PID}`],
  [/"port":\d+/g, '"port":43210'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "2026-01-01T12:00:00.000Z"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d/g, "2026-01-01T12:00:00+00:00"],
  [/"waited_seconds":[1-9][0-9.]*/g, '"waited_seconds":1.8'],
  [/^(demo-1 +demo-agent +)\d+ +\d+ +\d+s +\d+s +/gm, `$1${PID}  43210  2s   0s    `],
  [/^ID +CLI +PID +PORT +AGE.*$/gm, "ID      CLI         PID   PORT   AGE  IDLE  STATE   REPO               DESC"],
  [/^-+(?: +-+){8}$/gm, "------  ----------  ----  -----  ---  ----  ------  -----------------  ---------------"],
];

async function record(): Promise<string> {
  const program = new URL("dist/harnex", ROOT).pathname;
  const env = {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    HOME: "/nonexistent",
    TERM: "xterm-256color",
    TMPDIR: "/tmp",
  };
  const pty = await spawnPty([program, "demo"], { cwd: "/", env, ...RECORDED, marker: `DEMO_SVG=${Deno.pid}` });
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of pty.output) text += decoder.decode(bytes, { stream: true });
  const { code } = await pty.exit;
  await pty.release();
  if (code !== 0) throw new Error(`the demo exited ${code}: ${text}`);
  return FIXED.reduce((sofar, [pattern, fixed]) => sofar.replaceAll(pattern, fixed), text.replaceAll("\r\n", "\n"));
}

/** One line as SVG: runs of text with one look each, cut at the width of the picture. */
function draw(line: string): string {
  // harnex's own output: text, and SGR sequences between.
  // deno-lint-ignore no-control-regex
  const parts = line.split(/\x1b\[([0-9;]*)m/);
  let room = COLUMNS;
  let spans = "";
  parts.forEach((part, index) => {
    if (index % 2 === 1 || room <= 0) return;
    const shown = part.length > room ? `${part.slice(0, room - 1)}…` : part;
    room -= shown.length;
    const look = LOOKS[parts[index - 1] ?? "0"] ?? "";
    const escaped = shown.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    spans += look === "" || shown === "" ? escaped : `<tspan class="${look}">${escaped}</tspan>`;
  });
  return spans;
}

function picture(lines: readonly string[]): string {
  const height = ROWS * LINE + 2 * PADDING;
  const width = Math.ceil(COLUMNS * CHARACTER) + 2 * PADDING;
  const times: number[] = [];
  let now = 0;
  for (const line of lines) {
    times.push(now);
    now += line.includes("$ harnex") ? PACE.command : line === "" ? PACE.blank : PACE.output;
  }
  const total = now + LAST;
  // Lines come in at the bottom and push the others up. Without animation the beginning is shown.
  const frames = times.map((time, index) =>
    `${(100 * time / total).toFixed(2)}%{transform:translateY(${(ROWS - 1 - index) * LINE}px)}`
  );
  const motion = `@media (prefers-reduced-motion:no-preference){#t{animation:s ${
    total.toFixed(1)
  }s step-end infinite}}`;
  const rows = lines.flatMap((line, index) =>
    line === "" ? [] : [`<text y="${index * LINE + 13}">${draw(line)}</text>`]
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="harnex demo: run, send, wait, look, stop">`,
    `<style>${STYLE}${motion}@keyframes s{${frames.join("")}}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117" stroke="#30363d"/>`,
    `<svg x="${PADDING}" y="${PADDING}" width="${width - 2 * PADDING}" height="${ROWS * LINE}"><g id="t">`,
    ...rows,
    "</g></svg></svg>",
    "",
  ].join("\n");
}

const lines = (await record()).trimEnd().split("\n");
const target = new URL(".github/demo.svg", ROOT);
const svg = picture(["\x1b[1m$ harnex demo\x1b[0m", ...lines]);
await Deno.writeTextFile(target, svg);
console.log(`.github/demo.svg  ${(svg.length / 1000).toFixed(1)} kB`);
