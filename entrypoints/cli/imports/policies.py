"""``import policy``: a policy from a file, read as strictly as from the API."""

from dataclasses import fields

import msgspec

from core.acceptance.policies import POLICY_TYPES, Policy, PolicySet, SetPolicy, check, name_of
from core.identity.permission import ALL_SCOPES
from core.kernel.errors import Rejected
from core.kernel.ids import TenantId
from entrypoints.cli.session import Session

SIZE_MAX = 256 * 1024


class BadPolicy(Rejected):
    """The file does not say a policy of this kind."""

    code = "bad_policy"


def read_policy(name: str, written: bytes) -> Policy:
    """The policy called ``name`` as JSON says it. Raises BadPolicy, or the error of the rule it breaks."""
    kind = POLICY_TYPES.get(name)
    if kind is None:
        raise BadPolicy(f"there is no policy '{name}': there are {', '.join(POLICY_TYPES)}")
    if len(written) > SIZE_MAX:
        raise BadPolicy(f"a policy has {SIZE_MAX} bytes at most")
    if b"\\u0000" in written:
        raise BadPolicy("a NUL character (\\u0000) cannot be kept")
    try:
        said = msgspec.json.decode(written, type=dict[str, object])
        policy = msgspec.convert(said, kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPolicy(str(error)) from error
    unknown = sorted(said.keys() - {field.name for field in fields(kind)})
    if unknown:
        raise BadPolicy(f"a {name} policy has no '{unknown[0][:40]}' - at `$.{unknown[0][:40]}`")
    check(policy)
    return policy


async def set_policy(session: Session, tenant: TenantId, policy: Policy) -> Policy:
    """Let ``policy`` be the tenant's."""
    done: PolicySet = await session.dispatch.run(SetPolicy(policy=policy), session.context(tenant, ALL_SCOPES))
    return done.policy


def summary_of(policy: Policy, *, dry_run: bool) -> dict[str, object]:
    """The summary for machines and people."""
    summary: dict[str, object] = {"policy": name_of(policy), **msgspec.to_builtins(policy)}
    return {**summary, "dry_run": True} if dry_run else summary
