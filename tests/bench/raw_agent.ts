/**
 * An agent that costs nothing: raw terminal, bracketed paste, its own input line, an answer as soon as Enter comes.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const write = (text: string) => Deno.stdout.writeSync(encoder.encode(text));
let draft = "";
let answered = 0;

Deno.stdin.setRaw(true);
write("\x1b[?2004h> ");
for await (const bytes of Deno.stdin.readable) {
  const typed = decoder.decode(bytes, { stream: true }).replaceAll("\x1b[200~", "").replaceAll("\x1b[201~", "");
  for (const key of typed) {
    if (key === "\x04" || key === "\x03") Deno.exit(0);
    if (key !== "\r") draft += key;
    else if (draft === "/exit") Deno.exit(0);
    else {
      write(`\r\x1b[2K* answer ${++answered} to ${draft.length} characters\r\n`);
      draft = "";
    }
  }
  write(`\r\x1b[2K> ${draft.slice(-60)}`);
}
