/** An MCP server on standard streams with one tool, `ask`, which asks the person a question and repeats the answer. */

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
const encoder = new TextEncoder();
let call: unknown;

async function send(message: unknown): Promise<void> {
  const writer = Deno.stdout.writable.getWriter();
  await writer.write(encoder.encode(JSON.stringify({ jsonrpc: "2.0", ...Object(message) }) + "\n"));
  writer.releaseLock();
}

async function take(message: Record<string, unknown>): Promise<void> {
  const { id, method } = message;
  switch (method) {
    case "initialize":
      return await send({
        id,
        result: {
          protocolVersion: "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "asker", version: "1" },
        },
      });
    case "tools/list":
      return await send({
        id,
        result: {
          tools: [{ name: "ask", description: "asks the person", inputSchema: { type: "object", properties: {} } }],
        },
      });
    case "tools/call": {
      call = id;
      const requestedSchema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
      return await send({ id: "q1", method: "elicitation/create", params: { message: "Your name?", requestedSchema } });
    }
    case undefined:
      if (id === "q1") {
        const text = `answered ${JSON.stringify(message.result ?? message.error)}`;
        return await send({ id: call, result: { content: [{ type: "text", text }] } });
      }
      return;
    default:
      if (id !== undefined) await send({ id, result: {} });
  }
}

let rest = "";
for await (const chunk of lines) {
  const parts = (rest + chunk).split("\n");
  rest = parts.pop() ?? "";
  for (const line of parts) if (line.trim() !== "") await take(JSON.parse(line));
}
