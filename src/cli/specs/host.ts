/** The commands that harnex runs itself: the host of a background session, and the tour's agent. Hidden from help. */

import { requiredWord } from "../argument.ts";
import { defineCommand, type Invocation } from "../command.ts";

export type HostInvocation = Invocation<Readonly<Record<never, never>>, { readonly file: string }>;

export const HOST = defineCommand({
  name: "__host",
  hidden: true,
  summary: "host one session",
  paragraph: "Hosts the session that a launch file describes. Used by harnex run; not meant to be typed.",
  usage: ["__host FILE"],
  options: {},
  arguments: { file: requiredWord({ placeholder: "file", help: "the launch file" }) },
  examples: [],
  gotchas: [],
  exitStatus: [["N", "the agent's own status"]],
  load: () => import("../commands/host.ts"),
});

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
