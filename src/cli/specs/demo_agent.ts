/** The agent that the tour shows its commands on. Hidden from help. */

import { defineCommand, type Invocation } from "../parser/command.ts";

export type DemoAgentInvocation = Invocation<Readonly<Record<never, never>>>;

export const DEMO_AGENT = defineCommand({
  name: "__demo-agent",
  hidden: true,
  summary: "the agent of the tour",
  paragraph: "A small line-based agent that harnex demo shows its commands on.",
  usage: ["__demo-agent"],
  options: {},
  arguments: {},
  examples: [],
  gotchas: [],
  exitStatus: [["0", "it was asked to leave"]],
  load: () => import("../commands/demo_agent.ts"),
});
