"""Replace one of a tenant's policies."""

from core.acceptance.policies import PolicySet, SetPolicy, check, name_of
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import named_stream
from ports.acceptance import PolicyTransaction


async def set_policy(command: SetPolicy, context: Context, tx: PolicyTransaction) -> PolicySet:
    """The policy as it is now. Raises the error of the rule it breaks (UnknownRule, UnknownRiskRule, UnknownLane)."""
    check(command.policy)
    event = PolicySet(name=name_of(command.policy), policy=command.policy)
    version = await tx.policies.put(event.name, command.policy)
    stream = named_stream(context.tenant, f"policy:{event.name}")
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=version, body=event)])
    return event
