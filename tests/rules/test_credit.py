"""Credit accounts: the limit, what goes on account, what does not."""

from dataclasses import replace

import pytest

from core.credit.account import CreditAccount, CreditLimitSet, InvalidLimit, SetCreditLimit, hold, refusal, set_limit
from core.kernel.money import Money
from tests.support.given import an_id


def pounds(minor: int) -> Money:
    return Money(minor=minor, currency="GBP")


ACCOUNT = CreditAccount(id=an_id(1), customer="acme", limit=pounds(1000), exposure=400)


def to(limit: Money) -> SetCreditLimit:
    return SetCreditLimit(customer="acme", limit=limit)


def test_an_order_up_to_the_limit_goes_on_account() -> None:
    assert refusal(ACCOUNT, 600, "GBP") is None
    assert hold(ACCOUNT, 600) == replace(ACCOUNT, exposure=1000)


def test_one_penny_more_is_refused_in_words() -> None:
    assert refusal(ACCOUNT, 601, "GBP") == "exposure 400 + 601 exceeds the limit 1000 (GBP, minor units)"


def test_an_order_in_another_currency_is_refused() -> None:
    assert refusal(ACCOUNT, 1, "EUR") == "the account is kept in GBP, the order in EUR"


def test_an_order_worth_nothing_needs_no_currency() -> None:
    assert refusal(ACCOUNT, 0, None) is None


def test_a_limit_may_be_lowered_below_what_is_owed_and_then_nothing_more_goes_on_account() -> None:
    event = set_limit(ACCOUNT, to(pounds(300)))
    assert event == CreditLimitSet(account_id=ACCOUNT.id, customer="acme", limit=pounds(300))
    assert refusal(replace(ACCOUNT, limit=event.limit), 1, "GBP") is not None


def test_a_limit_is_not_negative() -> None:
    assert set_limit(ACCOUNT, to(pounds(0))).limit == pounds(0)
    with pytest.raises(InvalidLimit, match="must not be negative") as refused:
        set_limit(ACCOUNT, to(pounds(-1)))
    assert refused.value.path == "$.limit.amount"


def test_the_currency_changes_only_while_nothing_is_owed() -> None:
    euros = Money(minor=5, currency="EUR")
    assert set_limit(replace(ACCOUNT, exposure=0), to(euros)).limit == euros
    with pytest.raises(InvalidLimit, match="GBP is still owed") as refused:
        set_limit(ACCOUNT, to(euros))
    assert refused.value.path == "$.limit.currency"


def test_use_is_told_in_thousandths_and_a_limit_of_nothing_is_used_up() -> None:
    assert ACCOUNT.used_permille == 400
    assert replace(ACCOUNT, limit=pounds(0), exposure=0).used_permille == 1000
