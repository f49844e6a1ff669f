/**
 * How harnex answers the requests of Codex 0.169: approvals, questions, MCP elicitations. Every method of the protocol
 * has its case; harnex refuses an unknown one, and Codex goes on without an answer.
 */

import { parseObject } from "../../text/json.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import { assertNever } from "../../model/never.ts";
import type { RpcRequest } from "../../wire/json_rpc.ts";
import type { ApprovalNote, RpcAnswer, RpcChoice, RpcQuestion, RpcReply } from "../../transports/rpc/rpc_behaviour.ts";
import { commandOf } from "./transcript.ts";
import { fieldsOf, type JsonObject, listOf, textOf } from "../../text/json.ts";
import { cut } from "./protocol.ts";

/** Limit for a command or question in the text that a person answers. */
const DETAIL_CHARACTERS = 2000;
const METHOD_NOT_FOUND = -32601;

const PERMISSION_LABEL = "permission";
const QUESTION_LABEL = "question";
/** Names of states that the adapter for `codex app-server` gives besides the common ones. */
export const REQUEST_LABELS = [PERMISSION_LABEL, QUESTION_LABEL] as const;

interface Decisions {
  note: ApprovalNote;
  detail: string;
  accept: unknown;
  decline: unknown;
  /** further choices for a person, each after the plain one of its kind */
  more?: readonly RpcChoice[];
}

/** The answer to a permission question under each policy. The event repeats the words of the reply. */
function permission(policy: ApprovalPolicy, decisions: Decisions): RpcAnswer {
  const { note, detail, accept, decline, more = [] } = decisions;
  switch (policy) {
    case "auto":
      return { kind: "reply", reply: { result: accept }, decision: "accept", note };
    case "deny":
      return { kind: "reply", reply: { result: decline }, decision: "decline", note };
    case "ask":
      return {
        kind: "ask",
        question: {
          on: "permission",
          label: PERMISSION_LABEL,
          detail: cut(detail, DETAIL_CHARACTERS),
          note,
          choices: [
            { label: "Allow", decision: "approve", reply: { result: accept } },
            ...more.filter(({ decision }) => decision === "approve"),
            { label: "Deny", decision: "deny", reply: { result: decline } },
            ...more.filter(({ decision }) => decision === "deny"),
          ],
        },
      };
    default:
      return assertNever(policy);
  }
}

/** What a person may choose beyond yes and no, for a command or a file change. */
const DECISION_CHOICES: readonly RpcChoice[] = [
  { label: "Allow for this session", decision: "approve", reply: { result: { decision: "acceptForSession" } } },
  { label: "Deny and end the turn", decision: "deny", reply: { result: { decision: "cancel" } } },
];

function commandApproval(params: JsonObject, policy: ApprovalPolicy): RpcAnswer {
  const command = commandOf(params);
  const reason = textOf(params.reason);
  return permission(policy, {
    note: { approval: "command", command: cut(command, DETAIL_CHARACTERS) },
    detail: [command, reason].filter((part) => part !== undefined).join(" — "),
    // Not `approved`: Codex 0.169 silently takes that word for a refusal.
    accept: { decision: "accept" },
    decline: { decision: "decline" },
    more: DECISION_CHOICES,
  });
}

function fileApproval(params: JsonObject, policy: ApprovalPolicy, paths: readonly string[]): RpcAnswer {
  const path = paths.join(", ") || textOf(params.grantRoot);
  const reason = textOf(params.reason);
  return permission(policy, {
    note: { approval: "file_change", ...(path === undefined ? {} : { path: cut(path, DETAIL_CHARACTERS) }) },
    detail: [`change ${path ?? "files"}`, reason].filter((part) => part !== undefined).join(" — "),
    accept: { decision: "accept" },
    decline: { decision: "decline" },
    more: DECISION_CHOICES,
  });
}

function permissionsApproval(params: JsonObject, policy: ApprovalPolicy): RpcAnswer {
  const asked = fieldsOf(params.permissions);
  const permissions = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
  const detail = [`more permissions: ${JSON.stringify(permissions)}`, textOf(params.reason)];
  return permission(policy, {
    note: { approval: "permissions", command: cut(JSON.stringify(permissions), DETAIL_CHARACTERS) },
    detail: detail.filter((part) => part !== undefined).join(" — "),
    accept: { permissions, scope: "turn" },
    decline: { permissions: {}, scope: "turn" },
    more: [{
      label: "Allow for this session",
      decision: "approve",
      reply: { result: { permissions, scope: "session" } },
    }],
  });
}

const ELICITATION_DECLINED = { action: "decline", content: null, _meta: null };

function elicitation(params: JsonObject, policy: ApprovalPolicy): RpcAnswer {
  const message = textOf(params.message) ?? "an MCP server asks something";
  const server = textOf(params.serverName) ?? "MCP";
  const meta = fieldsOf(params._meta);
  if (meta.codex_approval_kind === "mcp_tool_call") {
    const tool = textOf(meta.tool_name);
    return permission(policy, {
      note: { approval: "mcp_tool_call", command: tool === undefined ? server : `${server}.${tool}` },
      detail: message,
      accept: { action: "accept", content: {}, _meta: null },
      decline: ELICITATION_DECLINED,
    });
  }
  // Only a person has the facts for a form. Unless the policy is `ask`, harnex declines it.
  const declined: RpcReply = { result: ELICITATION_DECLINED };
  if (policy !== "ask") {
    return {
      kind: "reply",
      reply: declined,
      decision: "decline",
      note: { approval: "mcp_elicitation", command: server },
    };
  }
  const url = textOf(params.url);
  const question: RpcQuestion = {
    on: "question",
    label: QUESTION_LABEL,
    detail: cut(`${server}: ${message}${url === undefined ? "" : ` ${url}`}`, DETAIL_CHARACTERS),
    note: { approval: "mcp_elicitation", command: server },
    choices: [{ label: "Decline", decision: "deny", reply: declined }],
  };
  if (params.mode !== "form") {
    const accepted: RpcReply = { result: { action: "accept", content: null, _meta: null } };
    return {
      kind: "ask",
      question: {
        ...question,
        choices: [{ label: "Done", decision: "approve", reply: accepted }, ...question.choices],
      },
    };
  }
  return { kind: "ask", question: { ...question, replyWithText: (text) => formReply(text, params.requestedSchema) } };
}

/** The reply that fills a form with `text`: a JSON object, or plain text where the form has one text field. */
function formReply(text: string, schema: unknown): RpcReply | undefined {
  const fields = Object.entries(fieldsOf(fieldsOf(schema).properties));
  const accept = (content: unknown): RpcReply => ({ result: { action: "accept", content, _meta: null } });
  const filled = parseObject(text);
  if (filled !== undefined) return accept(filled);
  const only = fields.length === 1 ? fields[0] : undefined;
  return only !== undefined && fieldsOf(only[1]).type === "string" ? accept({ [only[0]]: text }) : undefined;
}

interface UserQuestion {
  id: string;
  text: string;
  labels: readonly string[];
}

function userInput(params: JsonObject, policy: ApprovalPolicy): RpcAnswer {
  const questions: UserQuestion[] = listOf(params.questions).map(fieldsOf).map((question) => ({
    id: textOf(question.id) ?? "",
    text: textOf(question.question) ?? "",
    labels: listOf(question.options).flatMap((option) => textOf(fieldsOf(option).label) ?? []),
  }));
  const reply = (answers: readonly (readonly [string, string | undefined])[]): RpcReply => ({
    result: {
      answers: Object.fromEntries(answers.map(([id, text]) => [id, { answers: text === undefined ? [] : [text] }])),
    },
  });
  // Codex puts the option it recommends first.
  const recommended = reply(questions.map(({ id, labels }) => [id, labels[0]]));
  const [first] = questions;
  if (policy !== "ask" || first === undefined) {
    return { kind: "reply", reply: recommended, decision: "first option", note: { approval: "question" } };
  }
  const single = questions.length === 1;
  return {
    kind: "ask",
    question: {
      on: "question",
      label: QUESTION_LABEL,
      detail: cut(questions.map(({ text }) => text).join(" / "), DETAIL_CHARACTERS),
      choices: single
        ? first.labels.map((label) => ({ label, decision: "other", reply: reply([[first.id, label]]) }))
        : [{ label: "The first option of each", decision: "other", reply: recommended }],
      replyWithText(text) {
        if (single) return reply([[first.id, text]]);
        const answers = parseObject(text);
        return answers === undefined ? undefined : reply(questions.map(({ id }) => [id, textOf(answers[id])]));
      },
    },
  };
}

/** The answer to one request of Codex 0.169. `pathsOf` gives the files of a change by the id of its item. */
export function answerCodex(
  request: RpcRequest,
  context: { policy: ApprovalPolicy; pathsOf: (itemId: string) => readonly string[] },
): RpcAnswer {
  const { policy, pathsOf } = context;
  const params = fieldsOf(request.params);
  switch (request.method) {
    case "item/commandExecution/requestApproval":
      return commandApproval(params, policy);
    case "item/fileChange/requestApproval":
      return fileApproval(params, policy, pathsOf(textOf(params.itemId) ?? ""));
    case "item/permissions/requestApproval":
      return permissionsApproval(params, policy);
    case "mcpServer/elicitation/request":
      return elicitation(params, policy);
    case "item/tool/requestUserInput":
      return userInput(params, policy);
    case "item/tool/call": {
      // harnex registers no tools of its own; the model learns that from the result.
      const result = { contentItems: [{ type: "inputText", text: "this client has no such tool" }], success: false };
      return { kind: "reply", reply: { result }, decision: "refused" };
    }
    case "execCommandApproval":
    case "applyPatchApproval":
      // Methods of older servers, which are not used in the threads that harnex starts.
      return permission(policy, {
        note: { approval: request.method === "applyPatchApproval" ? "file_change" : "command" },
        detail: cut(JSON.stringify(request.params), DETAIL_CHARACTERS),
        accept: { decision: "approved" },
        decline: { decision: { denied: { rejection: "not allowed" } } },
      });
    default: {
      const error = { code: METHOD_NOT_FOUND, message: `harnex does not answer ${request.method}` };
      return { kind: "reply", reply: { error }, decision: "refused", note: { approval: request.method } };
    }
  }
}
