"""What is set aside for a channel: said whole, asked for again without effect, withdrawn once."""

from dataclasses import replace

import pytest

from core.inventory.allotment import (
    Allotment,
    AllotmentState,
    AllotmentTaken,
    AllotmentWithdrawn,
    AllottedPart,
    AllotToChannel,
    ChannelAllotmentWithdrawn,
    ChannelAllotted,
    WithdrawAllotment,
    allot,
    begun,
    repeated,
    withdraw,
    withdrawn,
)
from core.kernel.ids import AllotmentId
from tests.support.given import a_key, an_id

ID = AllotmentId(an_id(1))
PARTS = (AllottedPart(key=a_key(), quantity=3),)
ASKED = AllotToChannel(id=ID, channel="web", parts=PARTS, cause="reservation:1")
GONE = WithdrawAllotment(id=ID, reason="the channel closed")


def test_an_allotment_begins_as_it_was_asked_for() -> None:
    event = allot(ASKED)
    assert event == ChannelAllotted(allotment_id=ID, channel="web", parts=PARTS, cause="reservation:1")
    assert begun(event) == Allotment(id=ID, channel="web", parts=PARTS, cause="reservation:1")


def test_asking_again_for_the_same_changes_nothing_and_for_another_is_refused() -> None:
    allotment = begun(allot(ASKED))
    assert repeated(allotment, ASKED) == allotment
    for other in (replace(ASKED, channel="till"), replace(ASKED, parts=()), replace(ASKED, cause="reservation:2")):
        with pytest.raises(AllotmentTaken):
            repeated(allotment, other)


def test_it_is_withdrawn_once_for_a_reason_and_never_comes_back() -> None:
    allotment = begun(allot(ASKED))
    assert withdraw(allotment, GONE) == ChannelAllotmentWithdrawn(allotment_id=ID, reason="the channel closed")
    ended = withdrawn(allotment)
    assert ended == replace(allotment, state=AllotmentState.WITHDRAWN, version=2)
    with pytest.raises(AllotmentWithdrawn):
        withdraw(ended, GONE)
    with pytest.raises(AllotmentWithdrawn):
        repeated(ended, ASKED)
