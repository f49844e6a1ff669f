/** The commands that print embedded texts. */

import { findEntry } from "../../src/cli/texts.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { runInProcess } from "../support/program.ts";

const GUIDES = {
  "getting_started.md": "# Getting started\n\nRun something.\n",
  "02_chain.md": "# Chains\n",
  "01_dispatch.md": "# Dispatching\n\nHand it over.\n",
  "events.md": "# The event log\n",
  "recipes/01_fire_and_watch.md": "# Fire and watch\n",
};
const run = (...argv: string[]) => runInProcess(argv, { guides: GUIDES });

Deno.test("guide prints the getting-started text, and the references by name", async () => {
  deepEqual(await run("guide"), { code: 0, stdout: GUIDES["getting_started.md"], stderr: "" });
  for (const words of [["events"], ["show", "ev"], ["vent"]]) {
    deepEqual(await run("guide", ...words), { code: 0, stdout: GUIDES["events.md"], stderr: "" });
  }
  deepEqual(await run("guide", "list"), {
    code: 0,
    stdout: "getting_started  Getting started\nevents           The event log\n",
    stderr: "Read one with: harnex guide show NAME\n",
  });
  deepEqual(await runInProcess(["guide"]), {
    code: 1,
    stdout: "",
    stderr: 'harnex guide: no topic called "getting_started"; there are: none\n',
  });
});

Deno.test("guide, agents-guide and recipes print JSON on request: the list, or one text", async () => {
  const [listed, shown] = [await run("guide", "--json"), await run("agents-guide", "chain", "--json")];
  deepEqual(JSON.parse(listed.stdout).map(({ name }: { name: string }) => name), ["getting_started", "events"]);
  deepEqual(JSON.parse(shown.stdout), { name: "02_chain", title: "Chains", text: GUIDES["02_chain.md"] });
});

Deno.test("agents-guide and recipes list their texts by number", async () => {
  const guides = {
    code: 0,
    stdout: "01_dispatch  Dispatching\n02_chain     Chains\n",
    stderr: "Read one with: harnex agents-guide show NAME\n",
  };
  deepEqual([await run("agents-guide"), await run("agents-guide", "list")], [guides, guides]);
  deepEqual(await run("recipes", "list", "--json"), {
    code: 0,
    stdout: '[{"name":"01_fire_and_watch","title":"Fire and watch"}]\n',
    stderr: "",
  });
});

Deno.test("agents-guide and recipes show a text by a part of its name", async () => {
  const shown = { code: 0, stdout: GUIDES["01_dispatch.md"], stderr: "" };
  for (const words of [["dispatch"], ["show", "01_dispatch"], ["01"], ["show", "patch"], ["DISPATCH.md"]]) {
    deepEqual(await run("agents-guide", ...words), shown, words.join(" "));
  }
  equal((await run("recipes", "fire-and-watch")).stdout, "# Fire and watch\n");
});

Deno.test("agents-guide tells what there is when the name is unknown", async () => {
  deepEqual(await run("agents-guide", "nothing"), {
    code: 1,
    stdout: "",
    stderr: 'harnex agents-guide: no topic called "nothing"; there are: 01_dispatch, 02_chain\n',
  });
  equal((await run("agents-guide", "show")).code, 2);
  equal((await run("agents-guide", "list", "x")).code, 2);
  equal((await run("recipes", "events")).code, 1);
});

Deno.test("findEntry() prefers the whole name, then its beginning, then a part", () => {
  const entries = ["01_rebuild", "02_build", "03_building"].map((name) => ({ name, path: name, title: name }));
  const found = (wanted: string) => findEntry(entries, wanted)?.name;
  deepEqual([found("build"), found("buildi"), found("ebuild"), found("03"), found(""), found("x")], [
    "02_build",
    "03_building",
    "01_rebuild",
    "03_building",
    undefined,
    undefined,
  ]);
});
