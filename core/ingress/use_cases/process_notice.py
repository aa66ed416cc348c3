"""Look into a notice: is it news?"""

from core.ingress.notice import (
    Finding,
    Notice,
    NoticeAccepted,
    NoticeState,
    ProcessNotice,
    Read,
    Reading,
    dated,
    ended,
    found,
    subject_of,
    told,
)
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import NoticeId, StreamId
from ports.ingress import IngressTransaction


async def process_notice(
    command: ProcessNotice, context: Context, tx: IngressTransaction, *, read: Read
) -> NoticeState | None:
    """How it ended; None: there is no such notice any more. Raises LeaseLost, with nothing written."""
    await tx.queue.hold(command.job)
    notice = await tx.notices.find(NoticeId(command.job.id))
    if notice is None:
        await tx.queue.finish(command.job)
        return None
    try:
        reading = dated(read(notice.scheme, notice.topic, notice.body), notice)
    except (ValueError, RecursionError) as error:
        after = ended(notice, Finding.UNREADABLE, str(error))
    else:
        after = ended(notice, await _look(notice, reading, tx))
    await tx.notices.save(after)
    await tx.queue.finish(command.job)
    return after.state


async def _look(notice: Notice, reading: Reading, tx: IngressTransaction) -> Finding:
    """The finding, with the subject and the journal brought up to date."""
    stream, version = StreamId(notice.id), 1
    if reading.subject is not None:
        subject = await tx.notices.held_subject(subject_of(notice.source, reading.subject))
        finding = found(subject, reading)
        if finding is not Finding.NEWS:
            return finding
        after = told(subject, reading, notice.id)
        await tx.notices.save_subject(after)
        stream, version = StreamId(after.id), after.told
    event = NoticeAccepted(
        notice_id=notice.id,
        source_id=notice.source,
        topic=notice.topic,
        subject=reading.subject,
        changed_at=reading.changed_at,
    )
    await tx.journal.record([NewEvent(tenant=notice.tenant, stream=stream, version=version, body=event)])
    return Finding.NEWS
