/**
 * A program that sends messages to a session one after another, over its API: PORT TOKEN FIRST-TEXT…. A message that is
 * refused because the inbox is full is sent again a moment later. Prints how often that was, or what else went wrong.
 */

const FULL = 503;
const MOMENT_MS = 50;

const [port, token, ...texts] = Deno.args;
let refusals = 0;
for (const text of texts) {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/send`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ text, submit: true }),
    });
    const answer = await response.text();
    if (response.ok) break;
    if (response.status !== FULL) throw new Error(`${text}: ${response.status} ${answer}`);
    refusals++;
    await new Promise((resolve) => setTimeout(resolve, MOMENT_MS));
  }
}
console.log(refusals);
