/**
 * Tells the programs of a release where releases are: `deno run -A .ci/stamp.ts URL`, before they are compiled. URL is
 * the address of the folder that holds v<version>/.
 */

const FILE = new URL("../src/model/version.ts", import.meta.url);
const EMPTY = 'RELEASES: string = "";';

const [url = ""] = Deno.args;
const text = Deno.readTextFileSync(FILE);
if (!/^https:\/\/[\w./-]+$/.test(url) || !text.includes(EMPTY)) {
  console.error(`stamp: ${JSON.stringify(url)} is no address, or ${FILE.pathname} has one already`);
  Deno.exit(1);
}
Deno.writeTextFileSync(FILE, text.replace(EMPTY, `RELEASES: string = ${JSON.stringify(url.replace(/\/+$/, ""))};`));
