"""Keep what a source was proven to have said; somebody looks into it later."""

from core.ingress.notice import TakeNotice, job_of, notice_of
from core.kernel.context import Context
from core.kernel.ids import NewId, NoticeId
from ports.ingress import IngressTransaction


async def take_notice(command: TakeNotice, context: Context, tx: IngressTransaction, *, new_id: NewId) -> bool:
    """Whether it is kept now; False: it was before."""
    notice = notice_of(command, NoticeId(new_id()), context.tenant, context.correlation, context.now)
    if not await tx.notices.add(notice):
        return False
    await tx.queue.put([job_of(notice)])
    return True
