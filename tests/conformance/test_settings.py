"""Items, credit accounts, flags, policies and keys."""

import asyncio
from dataclasses import replace

import pytest

from core.acceptance.policies import DEFAULT
from core.catalogue.item import InvalidItem
from core.configuration.flag import Flag
from core.credit.account import CreditAccount
from core.identity.api_key import ApiKey
from core.intake.submission import LanePolicy
from core.inventory.balance import Account, EntryKind
from core.inventory.ranking import AllocationPolicy
from core.kernel.ids import ApiKeyId, GroupId
from core.kernel.money import Money
from ports.inventory import NewEntries
from ports.storage import TransactionConflict
from tests.conformance.shop import a_place, a_shop, a_tenant, held, movement, shelf
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, an_id, an_item


async def test_a_sku_is_taken_once(storage: Storage) -> None:
    await a_shop(storage)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.items.add([replace(an_item(3), sku="SKU-1"), an_item(2)]) == ["SKU-1"]
    assert [item.sku for item in await storage.catalogue.items(TENANT, sku=None, after="", limit=9)] == [
        "SKU-1",
        "SKU-2",
    ]
    assert await storage.catalogue.items(TENANT, sku="SKU-2", after="", limit=9) == [an_item(2)]
    assert await storage.catalogue.items(TENANT, sku=None, after="SKU-2", limit=9) == []


async def test_an_item_changes_from_the_version_before(storage: Storage) -> None:
    item = await a_shop(storage)
    changed = replace(item, name="new", price=Money(minor=5, currency="EUR"), version=2)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.change(changed)
    assert await storage.catalogue.item(TENANT, item.id) == changed
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.items.change(replace(item, name="late", version=2))


async def test_prices_change_together_and_nothing_else_does(storage: Storage) -> None:
    first = await a_shop(storage)
    second, euro = replace(an_item(2), price=Money(minor=9, currency="GBP")), Money(minor=5, currency="EUR")
    changed = [replace(first, price=euro, version=2), replace(second, price=None, version=4)]
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.add([second])
        assert await tx.items.hold(["SKU-2", "SKU-1", "SKU-9"]) == {"SKU-1": first, "SKU-2": second}
        await tx.items.change_prices([replace(item, name="never") for item in changed])
        await tx.items.change_prices([])
    assert await storage.catalogue.items(TENANT, sku=None, after="", limit=9) == changed


async def test_whoever_holds_items_second_sees_what_the_first_did(storage: Storage) -> None:
    await a_shop(storage)
    holds, let_go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            held_items = await tx.items.hold(["SKU-1"])
            holds.set()
            await let_go.wait()
            await tx.items.change_prices([replace(held_items["SKU-1"], version=2)])

    async def second() -> int:
        async with storage.transactions.begin(a_context()) as tx:
            item = (await tx.items.hold(["SKU-1"]))["SKU-1"]
            return int(item.version)

    slow = asyncio.create_task(first())
    await holds.wait()
    waiting = asyncio.create_task(second())
    for _ in range(3):
        await asyncio.sleep(0)
    let_go.set()
    await slow
    assert await waiting == 2


async def test_balances_follow_the_backorder_limit_unless_more_is_owed(storage: Storage) -> None:
    item = await a_shop(storage, stock=0, backorder_limit=5)
    async with storage.transactions.begin(a_context()) as tx:
        moved = movement(EntryKind.COMMIT, Account.AVAILABLE, Account.COMMITTED, 3)
        await tx.ledger.enter([NewEntries(group=GroupId(an_id(2)), movements=(moved,))])
        await tx.items.change(replace(item, backorder_limit=3, version=2))
    assert (await shelf(storage)).backorder_limit == 3
    with pytest.raises(InvalidItem):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.items.change(replace(item, backorder_limit=2, version=3))
    assert (await shelf(storage)).backorder_limit == 3


async def test_a_balance_begins_with_the_limit_its_item_has_by_then(storage: Storage) -> None:
    item = await a_shop(storage, stock=0, backorder_limit=5)
    changed, let_go = asyncio.Event(), asyncio.Event()

    async def amend() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.items.change(replace(item, backorder_limit=1, version=2))
            changed.set()
            await let_go.wait()

    async def begin() -> int:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.locations.add(a_place(102))
            return (await held(tx, location=102)).backorder_limit

    amending = asyncio.create_task(amend())
    await changed.wait()
    beginning = asyncio.create_task(begin())
    await storage.someone_waits()
    let_go.set()
    await amending
    assert await beginning == 1


async def test_an_account_keeps_its_exposure_when_its_limit_changes(storage: Storage) -> None:
    await a_tenant(storage)
    account = CreditAccount(id=an_id(61), customer="bo", limit=Money(minor=500, currency="EUR"), version=1)
    for version, minor in ((1, 500), (2, 900)):
        limit = Money(minor=minor, currency="EUR")
        async with storage.transactions.begin(a_context()) as tx:
            assert (await tx.accounts.lock("bo") is None) is (version == 1)
            await tx.accounts.save(replace(account, limit=limit, version=version))
    kept = await storage.credit.account(TENANT, "bo")
    assert (kept.limit.minor, kept.exposure, kept.version) == (900, 0, 2)
    assert await storage.credit.accounts(TENANT, after="", limit=9) == [kept]
    assert await storage.credit.accounts(TENANT, after="bo", limit=9) == []
    assert await storage.credit.account(OTHER_TENANT, "bo") is None
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.accounts.save(replace(account, version=2))


async def test_flags_and_policies_are_counted_and_have_defaults(storage: Storage) -> None:
    await a_tenant(storage)
    assert await storage.configuration.policies(TENANT) == DEFAULT
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.flags.put(Flag.RISK_ASSESSMENT, False) == 1
        assert await tx.flags.put(Flag.RISK_ASSESSMENT, False) == 2
        assert await tx.policies.put("allocation", AllocationPolicy(rules=("most_stock",))) == 1
        assert await tx.policies.put("lanes", LanePolicy(channels={"shop": "high"}, customers={})) == 1
    policies = await storage.configuration.policies(TENANT)
    assert (policies.allocation.rules, policies.risk) == (("most_stock",), DEFAULT.risk)
    assert await storage.configuration.flags(TENANT) == {Flag.RISK_ASSESSMENT: False}
    assert (await storage.intake.lanes(TENANT)).channels == {"shop": "high"}
    assert await storage.configuration.policies(OTHER_TENANT) == DEFAULT


async def test_a_key_opens_its_own_tenant_until_it_is_revoked(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    key = ApiKey(id=ApiKeyId(an_id(81)), tenant=TENANT, name="till", digest=b"d", scopes=frozenset({"orders:write"}))
    async with storage.transactions.begin(a_context()) as tx:
        await tx.api_keys.add(key)
    assert await storage.credentials.find(TENANT, b"d") == key
    assert await storage.credentials.find(OTHER_TENANT, b"d") is None
    assert await storage.credentials.find(TENANT, b"e") is None
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert not await tx.api_keys.revoke(key.id)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.api_keys.revoke(key.id)
        assert not await tx.api_keys.revoke(key.id)
    assert await storage.credentials.find(TENANT, b"d") is None
