/** The layers of src: one table for the test of imports and for the one of guides/architecture.md. */

/** What each layer may import besides itself: a layer, or one file of it. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["cli", "platform", "model"],
  cli: ["client", "recovery", "adapters", "store", "platform", "text", "model"],
  client: ["wire", "store", "platform", "text", "model", "transports/terminal/plain_text.ts"],
  host: ["recovery", "tracing", "adapters", "transports", "wire", "store", "platform", "text", "model"],
  recovery: ["tracing", "store", "platform", "text", "model"],
  tracing: ["store", "platform", "text", "model"],
  adapters: ["transports/terminal/screen.ts", "text", "model"],
  transports: ["wire", "platform", "text", "model"],
  wire: ["platform", "text", "model"],
  store: ["platform", "text", "model"],
  platform: ["text", "model"],
  model: ["text"],
  text: [],
};

/** The same for imports that are erased. */
export const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>> = { adapters: ["transports", "wire"] };
