"""Bad requests, one a line: what is sent, what must be answered, and the word that must be in the answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Bad:
    """A request that must be refused with ``status``, naming ``named``."""

    name: str
    method: str
    path: str
    status: int
    named: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))


NOBODY = "00000000-0000-7000-8000-000000000000"
GOOD: dict[str, bytes] = {
    "POST /catalogue/items": b'{"sku":"X","name":"X"}',
    "POST /webhook-sources": b'{"scheme":"shopify","name":"X","secret":"s"}',
    f"PUT /webhook-sources/{NOBODY}/secret": b'{"secret":"s"}',
    "POST /webhooks": b'{"url":"http://127.0.0.1:1/","events":["*"]}',
    f"POST /webhooks/{NOBODY}/replay": b'{"limit":1}',
    f"POST /webhooks/{NOBODY}/retry-failed": b'{"since":"2026-01-01T00:00:00Z"}',
    "POST /locations": b'{"code":"X","kind":"store"}',
    "POST /stock/receipts": b'{"sku":"SKU-A","location":"LOC-A","quantity":1}',
    "POST /stock/adjustments": b'{"sku":"SKU-A","location":"LOC-A","quantity":1,"reason":"r"}',
    "POST /stock/counts": b'{"sku":"SKU-A","location":"LOC-A","quantity":1,"reason":"r"}',
    "POST /stock/receipts/batch": b'[{"sku":"SKU-A","location":"LOC-A","quantity":1}]',
    "POST /stock/adjustments/batch": b'[{"sku":"SKU-A","location":"LOC-A","quantity":1,"reason":"r"}]',
    "POST /stock/counts/batch": b'[{"sku":"SKU-A","location":"LOC-A","quantity":1,"reason":"r"}]',
    "POST /catalogue/prices": b'[{"sku":"SKU-A","price":{"amount":"1.50","currency":"GBP"}}]',
    "POST /stock/moves": (
        b'{"sku":"SKU-A","location":"LOC-A","quantity":1,"reason":"r","from_bucket":"available","to_bucket":"damaged"}'
    ),
    "POST /inventory/allocate": b'{"sku":"SKU-A","quantity":1,"channel":"web"}',
    "POST /inventory/availability": b'{"skus":["SKU-A"]}',
    "POST /stock/lots/SKU-L/L1/reclassify": b'{"status":"hold","reason":"r"}',
    "POST /inventory/allocations": b'{"sku":"SKU-A","quantity":1,"channel":"web"}',
    "POST /sagas/00000000-0000-7000-8000-000000000000/forgive": b'{"reason":"r"}',
    "POST /reservations": b'{"items":[{"sku":"SKU-A","quantity":1}]}',
    "POST /reservations/00000000-0000-7000-8000-000000000000/extend": b'{"expires_in_seconds":60}',
    "POST /reservations/00000000-0000-7000-8000-000000000000/release": b'{"reason":"r"}',
    "POST /reservations/00000000-0000-7000-8000-000000000000/commit": b'{"reference":"order:1"}',
    f"POST /orders/{NOBODY}/hold": b'{"note":"n"}',
    f"POST /orders/{NOBODY}/release": b'{"reason":"r"}',
    f"POST /orders/{NOBODY}/cancel": b'{"reason":"r"}',
    f"POST /orders/{NOBODY}/close": b'{"reason":"r"}',
    f"POST /orders/{NOBODY}/reopen": b'{"reason":"r"}',
    f"POST /orders/{NOBODY}/lines/1/cancel": b'{"reason":"r"}',
    f"POST /orders/{NOBODY}/lines/1/amend": b'{"quantity":2,"reason":"r"}',
    f"POST /orders/{NOBODY}/returns": b'{"lines":[{"line":1,"quantity":1,"reason":"r"}]}',
    f"POST /returns/{NOBODY}/settle": b'{"method":"refund"}',
    f"POST /returns/{NOBODY}/deny": b'{"reason":"r"}',
    f"POST /returns/{NOBODY}/cancel": b'{"reason":"r"}',
    f"POST /returns/{NOBODY}/receive": b'{"location":"LOC-A"}',
    f"POST /returns/{NOBODY}/inspect": b'{"lines":[{"line":1,"sellable":1}]}',
    f"POST /returns/{NOBODY}/refunds": b'{"method":"refund"}',
    f"POST /returns/{NOBODY}/refunds/1/settle": b'{"reference":"x"}',
    f"POST /returns/{NOBODY}/refunds/1/refuse": b'{"reason":"r"}',
    f"POST /returns/{NOBODY}/resolve": b'{"note":"n"}',
    f"POST /fulfilments/{NOBODY}/swap": b'{"line":1,"instead_of":"L1","lot":"L2"}',
    f"POST /fulfilments/{NOBODY}/reject": b'{"reason":"r"}',
    f"POST /fulfilments/{NOBODY}/move": b'{"location":"LOC-A","reason":"r"}',
    f"POST /fulfilments/{NOBODY}/pick": b'{"lines":[{"line":1,"quantity":1}]}',
    f"POST /fulfilments/{NOBODY}/ship": b'{"carrier":"c"}',
    f"POST /fulfilments/{NOBODY}/deliver": b'{"shipment":1}',
    f"POST /fulfilments/{NOBODY}/cancel": b'{"reason":"r"}',
    **dict.fromkeys(
        ("POST /stock/transfers", "POST /stock/transfers/followed"),
        b'{"from":"LOC-A","to":"LOC-Z","items":[{"sku":"SKU-A","quantity":1}],"reason":"r"}',
    ),
    "POST /stock/transfers/00000000-0000-7000-8000-000000000000/receive": b'{"items":[{"sku":"SKU-A","quantity":1}]}',
    "POST /stock/transfers/00000000-0000-7000-8000-000000000000/close": b'{"reason":"r"}',
    "POST /stock/transfers/00000000-0000-7000-8000-000000000000/cancel": b'{"reason":"r"}',
    "POST /stock/expected": b'{"sku":"SKU-A","location":"LOC-A","quantity":1}',
    "POST /stock/expected/00000000-0000-7000-8000-000000000000/amend": b'{"quantity":1}',
    "POST /stock/expected/00000000-0000-7000-8000-000000000000/receive": b'{"quantity":1}',
    "POST /stock/expected/00000000-0000-7000-8000-000000000000/withdraw": b'{"reason":"r"}',
    "POST /orders": b'{"items":[{"sku":"SKU-A","quantity":1}]}',
    "POST /orders/batch": b'[{"items":[{"sku":"SKU-A","quantity":1}]}]',
    "PUT /credit/accounts/acme": b'{"limit":{"amount":"1","currency":"GBP"}}',
    "PUT /configuration/flags/RISK_ASSESSMENT": b'{"enabled":true}',
    "PUT /configuration/policies/risk": b'{"weights":{}}',
    "PUT /configuration/policies/allocation": b'{"rules":["priority"]}',
    "PUT /configuration/policies/routing": b'{"by_country":{}}',
    "PUT /configuration/policies/fulfilment": b'{"answer_within_minutes":60}',
    "PUT /configuration/policies/lanes": b'{"channels":{},"customers":{}}',
    "POST /api-keys": b'{"name":"n","scopes":["orders:read"]}',
}
"""A body that each write route takes: what is bad about a request is then one thing alone."""


def everywhere() -> Iterator[Bad]:
    """What every route with a body refuses."""
    for route, good in GOOD.items():
        method, _, path = route.partition(" ")
        listed = good.startswith(b"[")
        inner = good[1:-1] if listed else good
        wrap = (lambda text: b"[" + text + b"]") if listed else (lambda text: text)
        at = "$[0]" if listed else "$"
        first = inner.split(b'"')[1].decode()

        def bad(
            name: str, status: int, named: str, content: bytes, *, key: str | None = None,
            media: str = JSON["content-type"], method: str = method, path: str = path,
        ) -> Bad:  # fmt: skip
            headers = {"content-type": media} | ({"idempotency-key": key} if key is not None else {})
            return Bad(f"{name}: {method} {path}", method, path, status, named, content, headers)

        unknown = inner[:-1] + (b"," if inner != b"{}" else b"") + b'"itemCount":1}'
        again = inner[:-1] + b"," + inner[1:]
        deep = inner.replace(b'"' + first.encode() + b'":', b'"%b":%b,"x":' % (first.encode(), b"[" * 9000), 1)
        yield bad("text/plain", 415, "application/json", good, media="text/plain")
        yield bad("no body", 400, "$", b"")
        yield bad("not JSON", 400, "not valid JSON", b"sku=1")
        yield bad("cut off", 400, "not valid JSON", good[:-1])
        yield bad("not UTF-8", 400, "$", b'{"' + b"\xff\xfe" + b'":1}')
        yield bad("wrong kind", 400, "Expected", b'"text"')
        yield bad("unknown field", 400, f"{at}.itemCount", wrap(unknown))
        yield bad("key twice", 400, f"{at}.{first}", wrap(again))
        yield bad("deep", 400, first, wrap(deep))
        yield bad("too large", 413, "bytes at most", b" " * (4 * 1024 * 1024 + 1))
        yield bad("empty key", 400, "Idempotency-Key", good, key="")
        yield bad("long key", 400, "Idempotency-Key", good, key="k" * 256)


def _of(method: str, path: str, cases: list[tuple[str, int, str, bytes]]) -> Iterator[Bad]:
    return (
        Bad(f"{name}: {method} {path}", method, path, status, named, content) for name, status, named, content in cases
    )


def _transfer(items: bytes = b'{"sku":"SKU-A","quantity":1}', to: bytes = b"LOC-Z") -> bytes:
    return b'{"from":"LOC-A","to":"%b","items":[%b],"reason":"r"}' % (to, items)


def particular() -> Iterator[Bad]:
    """What is bad about one route's own fields."""
    huge = b"9" * 5000
    yield from _of("POST", "/orders", [
        ("no items", 422, "$.items", b"{}"),
        ("empty items", 422, "$.items", b'{"items":[]}'),
        ("501 items", 400, "$.items", b'{"items":[' + b",".join([b'{"sku":"A","quantity":1}'] * 501) + b"]}"),
        ("no quantity", 400, "$.items[0].quantity", b'{"items":[{"sku":"A"}]}'),
        ("zero", 422, "$.items[0].quantity", b'{"items":[{"sku":"A","quantity":0}]}'),
        ("negative", 422, "$.items[1].quantity", b'{"items":[{"sku":"A","quantity":1},{"sku":"A","quantity":-1}]}'),
        ("NaN", 422, "$.items[0].quantity", b'{"items":[{"sku":"A","quantity":"NaN"}]}'),
        ("infinite", 422, "$.items[0].quantity", b'{"items":[{"sku":"A","quantity":"Infinity"}]}'),
        ("1e999999", 422, "$.items[0].quantity", b'{"items":[{"sku":"A","quantity":1e999999}]}'),
        ("5000 digits", 422, "$.items[0].quantity", b'{"items":[{"sku":"A","quantity":' + huge + b"}]}"),
        ("words", 400, "$.items[0].quantity", b'{"items":[{"sku":"A","quantity":"two"}]}'),
        ("true", 400, "$.items[0].quantity", b'{"items":[{"sku":"A","quantity":true}]}'),
        ("both names", 422, "$.items[0].sku", b'{"items":[{"sku":"A","product_id":"A","quantity":1}]}'),
        ("no name", 422, "$.items[0].sku", b'{"items":[{"quantity":1}]}'),
        ("empty SKU", 400, "$.items[0].sku", b'{"items":[{"sku":"","quantity":1}]}'),
        ("long SKU", 400, "$.items[0].sku", b'{"items":[{"sku":"' + b"A" * 129 + b'","quantity":1}]}'),
        ("NUL", 400, "$.items[0].sku", b'{"items":[{"sku":"A\\u0000","quantity":1}]}'),
        ("NUL in text", 400, "$.text", b'{"text":"a\\u0000b"}'),
        ("unknown in a line", 400, "$.items[0].productId", b'{"items":[{"sku":"A","quantity":1,"productId":"A"}]}'),
        ("twice in a line", 400, "$.items[0].quantity", b'{"items":[{"sku":"A","quantity":1,"quantity":2}]}'),
        ("twice, escaped", 400, "$.items[0].sku", b'{"items":[{"sku":"a\\u003ab","sku":"b","quantity":2}]}'),
        ("price, no currency", 422, "$.currency", b'{"items":[{"sku":"A","quantity":1,"unit_price":2}]}'),
        ("price below zero", 422, "$.items[0].unit_price",
         b'{"currency":"GBP","items":[{"sku":"A","quantity":1,"unit_price":-2}]}'),
        ("third decimal", 422, "$.items[0].unit_price",
         b'{"currency":"GBP","items":[{"sku":"A","quantity":1,"unit_price":"1.005"}]}'),
        ("no such currency", 422, "$.currency", b'{"currency":"XQX","items":[{"sku":"A","quantity":1}]}'),
        ("currency too long", 400, "$.currency", b'{"currency":"POUND","items":[{"sku":"A","quantity":1}]}'),
        ("nameless customer", 422, "$.customer.id", b'{"customer":{"name":"A"},"items":[{"sku":"A","quantity":1}]}'),
        ("customer a list", 400, "$.customer", b'{"customer":[],"items":[{"sku":"A","quantity":1}]}'),
        ("country", 400, "$.ship_to.country", b'{"ship_to":{"country":"gb"},"items":[{"sku":"A","quantity":1}]}'),
        ("priority", 400, "$.priority", b'{"priority":"urgent","items":[{"sku":"A","quantity":1}]}'),
        ("empty unit", 400, "$.items[0].unit", b'{"items":[{"sku":"A","quantity":1,"unit":""}]}'),
        ("long unit", 400, "$.items[0].unit", b'{"items":[{"sku":"A","quantity":1,"unit":"' + b"u" * 65 + b'"}]}'),
        ("long channel", 400, "$.channel", b'{"channel":"' + b"c" * 65 + b'","items":[{"sku":"A","quantity":1}]}'),
        ("long text", 400, "$.text", b'{"text":"' + b"t" * 20_001 + b'"}'),
        ("lone surrogate", 400, "$", b'{"text":"\\ud800"}'),
    ])  # fmt: skip
    line = b'{"items":[{"sku":"A","quantity":1}]}'
    yield from _of("POST", "/orders/batch", [
        ("no orders", 400, "$", b"[]"),
        ("501 orders", 400, "$", b"[" + b",".join([line] * 501) + b"]"),
        ("an object", 400, "Expected `array`", b'{"orders":[]}'),
        ("the fourth", 422, "$[3].items[0].quantity",
         b"[" + b",".join([line] * 3) + b',{"items":[{"sku":"A","quantity":-1}]}]'),
        ("the second, unknown", 400, "$[1].color", b"[" + line + b',{"color":1}]'),
    ])  # fmt: skip
    shelf = b'{"sku":"SKU-A","location":"LOC-A",'
    yield from _of("POST", "/stock/receipts", [
        ("zero", 422, "$.quantity", shelf + b'"quantity":0}'),
        ("negative", 422, "$.quantity", shelf + b'"quantity":-1}'),
        ("a half piece", 422, "$.quantity", shelf + b'"quantity":0.5}'),
        ("too much", 422, "$.quantity", shelf + b'"quantity":1e16}'),
        ("1e999999999", 422, "$.quantity", shelf + b'"quantity":1e999999999}'),
        ("no such SKU", 422, "$.sku", b'{"sku":"NONE","location":"LOC-A","quantity":1}'),
        ("no such location", 422, "$.location", b'{"sku":"SKU-A","location":"NONE","quantity":1}'),
        ("somebody else's SKU", 422, "$.sku", b'{"sku":"SKU-B","location":"LOC-A","quantity":1}'),
        ("somebody else's place", 422, "$.location", b'{"sku":"SKU-A","location":"LOC-B","quantity":1}'),
        ("NUL", 400, "$.reason", shelf + b'"quantity":1,"reason":"\\u0000"}'),
        ("no such unit", 422, "$.unit", shelf + b'"quantity":1,"unit":"barrel"}'),
        ("a lot where there is none", 422, "$.lot", shelf + b'"quantity":1,"lot":"L1"}'),
        ("a day without a lot", 422, "$.expires_on", shelf + b'"quantity":1,"expires_on":"2030-01-01"}'),
        ("no lot", 422, "$.lot", b'{"sku":"SKU-L","location":"LOC-A","quantity":1}'),
        ("another day", 422, "$.expires_on",
         b'{"sku":"SKU-L","location":"LOC-A","quantity":1,"lot":"L1","expires_on":"2031-01-01"}'),
        ("no such day", 400, "$.expires_on",
         b'{"sku":"SKU-L","location":"LOC-A","quantity":1,"lot":"L1","expires_on":"2031-02-30"}'),
        ("a kit", 422, "$.sku", b'{"sku":"SKU-K","location":"LOC-A","quantity":1}'),
        ("a serial in stock", 409, "$.lot", b'{"sku":"SKU-S","location":"LOC-A","quantity":1,"lot":"S1"}'),
        ("two of a serial", 409, "$.lot", b'{"sku":"SKU-S","location":"LOC-A","quantity":2,"lot":"S2"}'),
    ])  # fmt: skip
    yield from _of("POST", "/stock/adjustments", [
        ("no reason", 400, "$.reason", shelf + b'"quantity":1}'),
        ("no such lot", 422, "$.lot", b'{"sku":"SKU-L","location":"LOC-A","quantity":1,"reason":"r","lot":"L9"}'),
        ("a third of a dozen and a bit", 422, "$.quantity", shelf + b'"quantity":"0.3","reason":"r","unit":"dozen"}'),
        ("more than there is", 409, "$.quantity", shelf + b'"quantity":-1000000,"reason":"r"}'),
    ])  # fmt: skip
    row = shelf + b'"quantity":1,"reason":"r"}'
    for path in ("/stock/receipts/batch", "/stock/adjustments/batch", "/stock/counts/batch"):
        yield from _of("POST", path, [
            ("no rows", 400, "$", b"[]"),
            ("1001 rows", 400, "$", b"[" + b",".join([row] * 1001) + b"]"),
            ("an object", 400, "Expected `array`", row),
            ("the second, no quantity", 400, "$[1].quantity", b"[" + row + b"," + shelf[:-1] + b',"reason":"r"}]'),
            ("the second, NUL", 400, "$[1].sku", b"[" + row + b"," + row.replace(b"SKU-A", b"\\u0000") + b"]"),
        ])  # fmt: skip
    price = b'{"sku":"SKU-A","price":{"amount":1,"currency":"GBP"}}'
    yield from _of("POST", "/catalogue/prices", [
        ("no rows", 400, "$", b"[]"),
        ("1001 rows", 400, "$", b"[" + b",".join([price] * 1001) + b"]"),
        ("the second, no price", 400, "$[1].price", b"[" + price + b',{"sku":"A"}]'),
        ("the second, bare", 400, "$[1].price", b"[" + price + b',{"sku":"A","price":1}]'),
    ])  # fmt: skip
    yield from _of("POST", "/stock/counts", [("negative", 422, "$.quantity", shelf + b'"quantity":-1,"reason":"r"}')])
    yield from _of("POST", "/stock/moves", [
        ("no such bucket", 400, "$.to_bucket",
         shelf + b'"quantity":1,"reason":"r","from_bucket":"available","to_bucket":"attic"}'),
        ("to a nominal account", 422, "$.to_bucket",
         shelf + b'"quantity":1,"reason":"r","from_bucket":"available","to_bucket":"supplier"}'),
        ("to itself", 422, "$.to_bucket",
         shelf + b'"quantity":1,"reason":"r","from_bucket":"available","to_bucket":"available"}'),
    ])  # fmt: skip
    yield from _of("POST", "/inventory/allocate", [
        ("somebody else's", 422, "$.sku", b'{"sku":"SKU-B","quantity":1,"channel":"web"}'),
        ("short", 409, "$.quantity", b'{"sku":"SKU-A","quantity":1000000,"channel":"web"}'),
        ("both names", 422, "$.sku", b'{"sku":"SKU-A","product_id":"SKU-A","quantity":1,"channel":"web"}'),
    ])  # fmt: skip
    yield from _of("POST", "/reservations", [
        ("nothing", 400, "$.items", b'{"items":[]}'),
        ("zero", 422, "$.items[0].quantity", b'{"items":[{"sku":"SKU-A","quantity":0}]}'),
        ("a half piece", 422, "$.items[0].quantity", b'{"items":[{"sku":"SKU-A","quantity":0.5}]}'),
        ("no such SKU", 422, "$.items[1].sku",
         b'{"items":[{"sku":"SKU-A","quantity":1},{"sku":"NONE","quantity":1}]}'),
        ("somebody else's SKU", 422, "$.items[0].sku", b'{"items":[{"sku":"SKU-B","quantity":1}]}'),
        ("more than there is", 409, "$.items[0].quantity", b'{"items":[{"sku":"SKU-A","quantity":1000000}]}'),
        ("for no time", 400, "$.expires_in_seconds",
         b'{"items":[{"sku":"SKU-A","quantity":1}],"expires_in_seconds":0}'),
        ("for ever", 400, "$.expires_in_seconds",
         b'{"items":[{"sku":"SKU-A","quantity":1}],"expires_in_seconds":99999999}'),
        ("no such unit", 422, "$.items[0].unit", b'{"items":[{"sku":"SKU-A","quantity":1,"unit":"barrel"}]}'),
        ("more kits than there is", 409, "$.items[0].quantity", b'{"items":[{"sku":"SKU-K","quantity":1000000}]}'),
        ("holder", 400, "$.holder", b'{"items":[{"sku":"SKU-A","quantity":1}],"holder":"ghost"}'),
    ])  # fmt: skip
    yield from _of("POST", "/reservations/not-an-id/release", [("no id", 404, "not-an-id", b'{"reason":"r"}')])
    yield from _of("POST", f"/reservations/{NOBODY}/extend", [("none", 404, "no reservation", b"{}")])
    yield from _of("POST", "/stock/transfers", [
        ("nothing", 400, "$.items", _transfer(b"")),
        ("zero", 422, "$.items[0].quantity", _transfer(b'{"sku":"SKU-A","quantity":0}')),
        ("a half piece", 422, "$.items[0].quantity", _transfer(b'{"sku":"SKU-A","quantity":0.5}')),
        ("no such SKU", 422, "$.items[1].sku",
         _transfer(b'{"sku":"SKU-A","quantity":1},{"sku":"NONE","quantity":1}')),
        ("somebody else's SKU", 422, "$.items[0].sku", _transfer(b'{"sku":"SKU-B","quantity":1}')),
        ("more than there is", 409, "$.items[1].quantity",
         _transfer(b'{"sku":"SKU-A","quantity":1},{"sku":"SKU-A","quantity":1000000}')),
        ("to where it is", 422, "$.to", _transfer(to=b"LOC-A")),
        ("to nowhere", 422, "$.to", _transfer(to=b"NONE")),
        ("to somebody else's", 422, "$.to", _transfer(to=b"LOC-B")),
        ("onto the way", 422, "$.to", _transfer(to=b"WAY-A")),
        ("no reason", 400, "$.reason", _transfer().replace(b',"reason":"r"', b"")),
        ("no time", 400, "$.ship_on", _transfer().replace(b"}]", b'}],"ship_on":"tomorrow"')),
        ("time of nowhere", 400, "$.due", _transfer().replace(b"}]", b'}],"due":"2030-01-01T00:00:00"')),
    ])  # fmt: skip
    yield from _of("POST", "/stock/transfers/not-an-id/ship", [("no id", 404, "not-an-id", b"")])
    yield from _of("POST", f"/stock/transfers/{NOBODY}/ship", [("none", 404, "no transfer", b"")])
    yield from _of("POST", f"/stock/transfers/{NOBODY}/receive", [
        ("none", 404, "no transfer", b"{}"),
        ("nothing", 400, "$.items", b'{"items":[]}'),
    ])  # fmt: skip
    yield from _of("POST", "/stock/expected", [
        ("zero", 422, "$.quantity", shelf + b'"quantity":0}'),
        ("a half piece", 422, "$.quantity", shelf + b'"quantity":0.5}'),
        ("no such SKU", 422, "$.sku", b'{"sku":"NONE","location":"LOC-A","quantity":1}'),
        ("somebody else's place", 422, "$.location", b'{"sku":"SKU-A","location":"LOC-B","quantity":1}'),
        ("on the way", 422, "$.location", b'{"sku":"SKU-A","location":"WAY-A","quantity":1}'),
        ("no day", 400, "$.due", shelf + b'"quantity":1,"due":"2030-02-30T00:00:00Z"}'),
    ])  # fmt: skip
    yield from _of("POST", f"/stock/expected/{NOBODY}/amend", [("none", 404, "no expected receipt", b"{}")])
    yield from _of("POST", "/catalogue/items", [
        ("taken", 409, "$.sku", b'{"sku":"SKU-A","name":"X"}'),
        ("scale", 400, "$.scale", b'{"sku":"X","name":"X","scale":7}'),
        ("price", 422, "$.price", b'{"sku":"X","name":"X","price":{"amount":-1,"currency":"GBP"}}'),
        ("limit", 422, "$.backorder_limit", b'{"sku":"X","name":"X","backorder_limit":-1}'),
        ("currency", 422, "$.price", b'{"sku":"X","name":"X","price":{"amount":1,"currency":"gbp"}}'),
        ("tracking", 400, "$.tracking", b'{"sku":"X","name":"X","tracking":"batch"}'),
        ("owed by lot", 422, "$.backorder_limit", b'{"sku":"X","name":"X","tracking":"lot","backorder_limit":1}'),
        ("half a serial", 422, "$.scale", b'{"sku":"X","name":"X","tracking":"serial","scale":1}'),
        ("a kit owed", 422, "$.backorder_limit",
         b'{"sku":"X","name":"X","backorder_limit":1,"components":[{"sku":"SKU-A","quantity":1}]}'),
        ("a kit by lot", 422, "$.tracking",
         b'{"sku":"X","name":"X","tracking":"lot","components":[{"sku":"SKU-A","quantity":1}]}'),
        ("no such component", 422, "$.components[1].sku",
         b'{"sku":"X","name":"X","components":[{"sku":"SKU-A","quantity":1},{"sku":"NONE","quantity":1}]}'),
        ("somebody else's component", 422, "$.components[0].sku",
         b'{"sku":"X","name":"X","components":[{"sku":"SKU-B","quantity":1}]}'),
        ("a component twice", 422, "$.components[1].sku",
         b'{"sku":"X","name":"X","components":[{"sku":"SKU-A","quantity":1},{"sku":"SKU-A","quantity":2}]}'),
        ("a kit in a kit", 422, "$.components[0].sku",
         b'{"sku":"X","name":"X","components":[{"sku":"SKU-K","quantity":1}]}'),
        ("none of a component", 422, "$.components[0].quantity",
         b'{"sku":"X","name":"X","components":[{"sku":"SKU-A","quantity":0}]}'),
        ("half a component", 422, "$.components[0].quantity",
         b'{"sku":"X","name":"X","components":[{"sku":"SKU-A","quantity":0.5}]}'),
        ("51 components", 400, "$.components", b'{"sku":"X","name":"X","components":['
         + b",".join([b'{"sku":"SKU-A","quantity":1}'] * 51) + b"]}"),
        ("a unit finer than the item", 422, "$.units[0].size",
         b'{"sku":"X","name":"X","uom":"kg","scale":3,"units":[{"name":"lb","size":"0.45359237"}]}'),
        ("a unit of nothing", 422, "$.units[0].size", b'{"sku":"X","name":"X","units":[{"name":"box","size":0}]}'),
        ("a unit twice", 422, "$.units[1].name",
         b'{"sku":"X","name":"X","units":[{"name":"box","size":2},{"name":"box","size":3}]}'),
        ("a unit that is the uom", 422, "$.units[0].name",
         b'{"sku":"X","name":"X","uom":"box","units":[{"name":"box","size":2}]}'),
    ])  # fmt: skip
    yield from _of("POST", "/locations", [
        ("taken", 409, "$.code", b'{"code":"LOC-A","kind":"store"}'),
        ("kind", 400, "$.kind", b'{"code":"X","kind":"moon"}'),
        ("priority", 400, "$.priority", b'{"code":"X","kind":"store","priority":99999999999999999999}'),
    ])  # fmt: skip
    yield from _of("POST", "/inventory/availability", [
        ("nothing", 400, "$.skus", b'{"skus":[]}'),
        ("1001 items", 400, "$.skus", b'{"skus":[' + b",".join([b'"A"'] * 1001) + b"]}"),
    ])  # fmt: skip
    yield from _of("POST", "/stock/lots/SKU-L/L1/reclassify", [
        ("status", 400, "$.status", b'{"status":"lost","reason":"r"}'),
        ("no reason", 400, "$.reason", b'{"status":"hold"}'),
    ])  # fmt: skip
    yield from _of("POST", "/stock/lots/SKU-L/L9/reclassify", [("none", 404, "L9", b'{"status":"hold","reason":"r"}')])
    yield from _of("PUT", "/credit/accounts/acme", [
        ("below zero", 422, "$.limit.amount", b'{"limit":{"amount":-1,"currency":"GBP"}}'),
    ])  # fmt: skip
    yield from _of("PUT", "/configuration/policies/allocation", [
        ("no such rule", 422, "$.rules[0]", b'{"rules":["magic"]}'),
    ])  # fmt: skip
    yield from _of("PUT", "/configuration/policies/risk", [
        ("no such rule", 422, "$.weights.magic", b'{"weights":{"magic":1}}'),
        ("weight", 400, "$.weights", b'{"weights":{"burst":1001}}'),
    ])  # fmt: skip
    yield from _of("PUT", "/configuration/policies/lanes", [
        ("no such lane", 422, "$.channels.web", b'{"channels":{"web":"warp"},"customers":{}}'),
    ])  # fmt: skip
    yield from _of("PUT", "/configuration/flags/NONE", [("no such flag", 404, "NONE", b'{"enabled":true}')])
    yield from _of("POST", "/api-keys", [("no such scope", 422, "$.scopes", b'{"name":"n","scopes":["all"]}')])


def without_bodies() -> Iterator[Bad]:
    """Paths, queries, methods."""
    for method, path, status, named in (
        ("GET", "/orders?limit=0", 400, "$.limit"),
        ("GET", "/orders?limit=501", 400, "$.limit"),
        ("GET", "/orders?limit=many", 400, "$.limit"),
        ("GET", "/orders?colour=red", 400, "$.colour"),
        ("GET", "/orders?limit=1&limit=2", 400, "$.limit"),
        ("GET", "/orders?phase=lost", 400, "$.phase"),
        ("GET", "/orders?phase=null", 400, "$.phase"),
        ("GET", "/orders?created_to=null", 400, "$.created_to"),
        ("GET", "/orders?created_from=yesterday", 400, "$.created_from"),
        ("GET", "/orders?channel=%00", 400, "$.channel"),
        ("GET", "/orders?channel=%ff", 400, "UTF-8"),
        ("GET", "/orders?cursor=AAAA", 400, "$.cursor"),
        ("GET", "/orders?cursor=%F0%9F%92%A9", 400, "$.cursor"),
        ("GET", "/stock?cursor=abcdefghijklmnopqrstuvwxyzabcdefgh", 400, "$.cursor"),
        ("GET", "/events?after=1-1", 400, "$.after"),
        ("GET", "/catalogue/items?sku=", 400, "$.sku"),
        ("GET", "/orders/not-an-id", 404, "not-an-id"),
        ("GET", "/orders/00000000-0000-7000-8000-000000000000", 404, "no order"),
        ("GET", "/orders/00000000-0000-7000-8000-000000000000/status", 404, "job_not_found"),
        ("GET", "/catalogue/items/%00", 404, "not_found"),
        ("GET", "/stock/NONE/entries", 404, "NONE"),
        ("GET", "/stock/NONE", 404, "NONE"),
        ("GET", "/stock/NONE?at=2026-01-01T00:00:00Z", 404, "NONE"),
        ("GET", "/stock/NONE/explain", 404, "NONE"),
        ("GET", "/stock?at=yesterday", 400, "$.at"),
        ("GET", "/stock?at=2026-01-01T00:00:00", 400, "$.at"),
        ("GET", "/stock?at=null", 400, "$.at"),
        ("GET", "/stock?at=9999-12-31T23:59:59-14:00", 422, "$.at"),
        ("GET", "/stock/SKU-A?at=2400-01-01T00:00:00Z", 422, "moment_in_the_future"),
        ("GET", "/stock/SKU-A/explain?at=2400-01-01T00:00:00Z", 422, "moment_in_the_future"),
        ("GET", "/stock/SKU-A/explain?limit=501", 400, "$.limit"),
        ("GET", "/stock/SKU-A?limit=1", 400, "$.limit"),
        ("GET", "/stock/NONE/promise", 404, "NONE"),
        ("GET", "/stock/SKU-A/promise?location=NONE", 404, "NONE"),
        ("GET", "/stock/SKU-A/promise?location=LOC-B", 404, "LOC-B"),
        ("GET", "/stock/SKU-A/promise?at=soon", 400, "$.at"),
        ("GET", "/stock/transfers?state=lost", 400, "$.state"),
        ("GET", "/stock/transfers?cursor=AAAA", 400, "$.cursor"),
        ("GET", "/stock/transfers/00000000-0000-7000-8000-000000000000", 404, "no transfer"),
        ("GET", "/stock/expected?state=late", 400, "$.state"),
        ("GET", "/stock/expected/not-an-id", 404, "not-an-id"),
        ("GET", "/stock/expected/00000000-0000-7000-8000-000000000000", 404, "no expected receipt"),
        ("GET", "/stock/lots?expires_before=soon", 400, "$.expires_before"),
        ("GET", "/stock/lots?cursor=AAAA", 400, "$.cursor"),
        ("GET", "/nothing/here", 404, "not_found"),
        ("DELETE", "/orders", 405, "method_not_allowed"),
        ("GET", "/stock/receipts", 405, "method_not_allowed"),
        ("PUT", "/orders/batch", 405, "method_not_allowed"),
        ("QUERY", "/orders", 405, "method_not_allowed"),
        ("QUERY", "/nothing/here", 404, "not_found"),
        ("DELETE", "/api-keys/not-an-id", 404, "not-an-id"),
        ("DELETE", "/api-keys/00000000-0000-7000-8000-000000000000", 404, "no API key"),
        ("POST", "/dead-letters/not-an-id/replay", 404, "not-an-id"),
        ("GET", "/webhooks/not-an-id", 404, "not-an-id"),
        ("DELETE", "/webhook-sources/not-an-id", 404, "not-an-id"),
        ("GET", "/webhook-sources/00000000-0000-7000-8000-000000000000/notices", 404, "no webhook source"),
        ("GET", "/webhooks/00000000-0000-7000-8000-000000000000/deliveries", 404, "no webhook"),
        ("DELETE", "/webhooks/00000000-0000-7000-8000-000000000000", 404, "no webhook"),
        ("POST", "/webhooks/00000000-0000-7000-8000-000000000000/test", 404, "no webhook"),
        ("POST", "/webhooks/00000000-0000-7000-8000-000000000000/enable", 404, "no webhook"),
        ("POST", "/webhooks/not-an-id/rotate-secret", 404, "not-an-id"),
        ("POST", "/dead-letters/00000000-0000-7000-8000-000000000000/forgive", 404, "no dead letter"),
        ("PATCH", "/catalogue/items/00000000-0000-7000-8000-000000000000", 404, "no item"),
    ):
        content: Any = b"{}" if method == "PATCH" else b""
        yield Bad(f"{method} {path}", method, path, status, named, content)
