/**
 * Which parts of Codex's protocol schema the adapter relies on; `tests/golden/codex/schema` holds them as they were in
 * each version that is tested.
 */

export const SCHEMAS = new URL("../golden/codex/schema/", import.meta.url);

/** The versions whose schema is kept, oldest first. */
export function schemaVersions(): string[] {
  const key = (version: string) => version.split(".").map((part) => part.padStart(6, "0")).join(".");
  const names = [...Deno.readDirSync(SCHEMAS)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  return names.sort((a, b) => key(a) < key(b) ? -1 : 1);
}

export function newestSchema(): string {
  const newest = schemaVersions().at(-1);
  if (newest === undefined) throw new Error(`no schema is kept in ${SCHEMAS}`);
  return newest;
}

/** What harnex sends, by the schema file that describes it: kept whole. */
export const SENT: readonly string[] = [
  "v1/InitializeParams",
  "v2/ThreadStartParams",
  "v2/ThreadResumeParams",
  "v2/TurnStartParams",
  "v2/TurnSteerParams",
  "v2/TurnInterruptParams",
  "v2/ThreadBackgroundTerminalsListParams",
  "v2/ThreadBackgroundTerminalsTerminateParams",
  "CommandExecutionRequestApprovalResponse",
  "FileChangeRequestApprovalResponse",
  "PermissionsRequestApprovalResponse",
  "McpServerElicitationRequestResponse",
  "ToolRequestUserInputResponse",
  "DynamicToolCallResponse",
  "ExecCommandApprovalResponse",
  "ApplyPatchApprovalResponse",
];

/** What harnex reads, by path: only these are kept. */
export const READ: Readonly<Record<string, readonly string[]>> = {
  "v2/ThreadStartResponse": [
    "thread.id",
    "thread.cliVersion",
    "model",
    "reasoningEffort",
    "approvalPolicy",
    "approvalsReviewer",
    "sandbox.type",
  ],
  "v2/ThreadResumeResponse": [
    "thread.id",
    "thread.cliVersion",
    "model",
    "reasoningEffort",
    "approvalPolicy",
    "approvalsReviewer",
    "sandbox.type",
  ],
  "v2/TurnStartResponse": ["turn.id"],
  "v2/TurnSteerResponse": ["turnId"],
  "v2/ThreadBackgroundTerminalsListResponse": ["data[].itemId", "data[].processId", "nextCursor"],
  "v2/TurnStartedNotification": ["threadId", "turn.id"],
  "v2/TurnCompletedNotification": [
    "threadId",
    "turn.id",
    "turn.status",
    "turn.durationMs",
    "turn.error.message",
    "turn.error.additionalDetails",
    "turn.items[].type=agentMessage.text",
  ],
  "v2/ItemStartedNotification": ["threadId", "item.type", "item.type=fileChange.changes[].path"],
  "v2/ItemCompletedNotification": [
    "threadId",
    "turnId",
    "item.type",
    "item.type=userMessage.content[].type=text.text",
    "item.type=agentMessage.text",
    "item.type=reasoning.summary[]",
    "item.type=commandExecution.command",
    "item.type=commandExecution.commandActions[].command",
    "item.type=commandExecution.status",
    "item.type=commandExecution.aggregatedOutput",
    "item.type=commandExecution.exitCode",
    "item.type=commandExecution.durationMs",
    "item.type=fileChange.status",
    "item.type=fileChange.changes[].path",
    "item.type=fileChange.changes[].kind.type",
    "item.type=fileChange.changes[].kind.type=update.move_path",
    "item.type=mcpToolCall.server",
    "item.type=mcpToolCall.tool",
    "item.type=mcpToolCall.status",
    "item.type=mcpToolCall.error.message",
    "item.type=mcpToolCall.result.content",
    "item.type=dynamicToolCall.tool",
    "item.type=dynamicToolCall.status",
    "item.type=dynamicToolCall.contentItems[].type=inputText.text",
    "item.type=plan.text",
    "item.type=webSearch.query",
  ],
  "v2/ThreadTokenUsageUpdatedNotification": [
    "threadId",
    "turnId",
    "tokenUsage.total.inputTokens",
    "tokenUsage.total.outputTokens",
    "tokenUsage.total.reasoningOutputTokens",
    "tokenUsage.total.cachedInputTokens",
    "tokenUsage.total.totalTokens",
  ],
  "v2/ErrorNotification": ["threadId", "turnId", "willRetry", "error.message", "error.additionalDetails"],
  "v2/ThreadStatusChangedNotification": ["threadId", "status.type", "status.type=active.activeFlags[]"],
  "v2/ServerRequestResolvedNotification": ["threadId", "requestId"],
  "v2/ModelReroutedNotification": ["threadId", "toModel"],
  "v2/AccountRateLimitsUpdatedNotification": ["rateLimits"],
  "v2/WarningNotification": ["message"],
  "v2/ConfigWarningNotification": ["summary"],
  "v2/DeprecationNoticeNotification": ["summary"],
  "CommandExecutionRequestApprovalParams": ["threadId", "command", "reason", "commandActions[].command"],
  "FileChangeRequestApprovalParams": ["threadId", "itemId", "reason", "grantRoot"],
  "PermissionsRequestApprovalParams": ["permissions.network", "permissions.fileSystem", "reason"],
  "McpServerElicitationRequestParams": ["serverName", "mode", "message", "_meta", "requestedSchema", "url"],
  "ToolRequestUserInputParams": ["questions[].id", "questions[].question", "questions[].options[].label"],
  // Every question that Codex can ask has its answer in `adapters/codex/requests.ts`.
  "ServerRequest": ["method"],
};
