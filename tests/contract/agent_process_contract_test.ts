/**
 * Every transport keeps what `AgentProcess` promises. The lines are in `support/agent_contract.ts`; a new transport,
 * or a protocol that uses another part of `RpcBehaviour`, brings a stage and gets its row here.
 */

import { agentProcessContract } from "../support/agent_contract.ts";
import { CODEX, TERMINAL, TOY } from "../support/agent_stages.ts";

for (const transport of [TERMINAL, CODEX, TOY]) agentProcessContract(transport);
