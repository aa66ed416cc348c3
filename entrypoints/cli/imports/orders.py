"""``import orders``: groups of a file into the intake log, a few hundred orders at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from core.identity.permission import ALL_SCOPES
from core.intake.submission import ExternalIdReused
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId
from entrypoints.cli.imports.drafts import Draft, drafts_of, submission_of
from entrypoints.cli.imports.grouping import Group
from entrypoints.cli.imports.pipeline import Applied, Chunk, persisted
from entrypoints.cli.imports.rejects import Reject
from entrypoints.cli.session import Session

ORDERS_TOGETHER = 256
ROWS_TOGETHER = 10_000
AT_ONCE = 2


def chunks_of(groups: Iterable[Group], cancel_prefix: str) -> Iterator[Chunk[Draft]]:
    """About ``ORDERS_TOGETHER`` orders a chunk; fewer when they are long, so that memory stays the same."""
    drafts: list[Draft] = []
    rejects: list[Reject] = []
    rows = begun = 0
    for group in groups:
        drafts += drafts_of(group, cancel_prefix)
        rejects += group.rejects
        rows = group.rows
        if len(drafts) >= ORDERS_TOGETHER or rows - begun >= ROWS_TOGETHER:
            yield _chunk(drafts, rejects, rows)
            drafts, rejects, begun = [], [], rows
    if drafts or rejects:
        yield _chunk(drafts, rejects, rows)


def _chunk(drafts: Sequence[Draft], rejects: Sequence[Reject], rows: int) -> Chunk[Draft]:
    keys = frozenset(draft.external_id for draft in drafts)
    return Chunk(items=tuple(drafts), rejects=tuple(rejects), rows=rows, keys=keys)


class OrderImport:
    """Submits drafts for one tenant. A draft that was taken before is a duplicate, in whatever run it was."""

    def __init__(self, session: Session, tenant: TenantId) -> None:
        self._session = session
        self._context = session.context(tenant, ALL_SCOPES)

    async def __call__(self, drafts: Sequence[Draft]) -> Applied:
        """Take the drafts in durably."""
        session = self._session
        context = _as_of_now(self._context, session)
        submissions = [submission_of(draft, context, session.new_id) for draft in drafts]
        answers = await persisted(lambda: session.intake_log.append(submissions), session.clock)
        accepted = duplicates = 0
        tallies: Counter[str] = Counter()
        rejects: list[Reject] = []
        for draft, submission, answer in zip(drafts, submissions, answers, strict=True):
            if isinstance(answer, DomainError):
                reason = _reason(draft, answer)
                rejects += [Reject(row=row, reason=reason) for row in draft.rows]
            elif answer.id == submission.id:
                accepted += len(draft.rows)
                tallies[draft.becomes] += 1
            else:
                duplicates += len(draft.rows)
        return Applied(accepted=accepted, duplicates=duplicates, rejects=tuple(rejects), tallies=tallies)


def _as_of_now(context: Context, session: Session) -> Context:
    """The run's context at this chunk's time: an import takes longer than a moment."""
    return Context(
        tenants=context.tenants,
        actor=context.actor,
        now=session.clock.now(),
        correlation=context.correlation,
        scopes=context.scopes,
    )


def _reason(draft: Draft, refusal: DomainError) -> str:
    if isinstance(refusal, ExternalIdReused):
        return (
            f"order id reappears: {draft.external_id} was taken before with other rows, "
            "further up in the file or by an earlier import"
        )
    return refusal.detail
