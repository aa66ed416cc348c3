"""API keys: the token, what is kept of it, and what it claims."""

import pytest

from core.identity.api_key import IssueApiKey, UnknownScope, digest_of, issue, read_token, token_of
from core.identity.permission import ALL_SCOPES
from core.kernel.ids import ApiKeyId
from tests.support.given import OTHER_TENANT, TENANT, an_id

SECRET = "s" * 43
KEY = ApiKeyId(an_id(1))


def test_a_token_names_its_tenant_and_proves_it_by_digest() -> None:
    token = token_of(TENANT, SECRET)
    assert read_token(token) == (TENANT, digest_of(token))


def test_the_same_secret_is_worth_nothing_under_another_tenant() -> None:
    assert digest_of(token_of(TENANT, SECRET)) != digest_of(token_of(OTHER_TENANT, SECRET))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "Bearer",
        f"fx_{TENANT}_{SECRET}",
        token_of(TENANT, SECRET) + "x",
        token_of(TENANT, "s" * 42),
        token_of(TENANT, SECRET).replace("fx_", "gx_"),
        token_of(TENANT, SECRET) + "\n",
        token_of(TENANT, "s" * 42 + "!"),
    ],
)
def test_what_is_no_token_is_nobody(token: str) -> None:
    assert read_token(token) is None


def test_a_key_keeps_the_digest_and_never_the_secret() -> None:
    token = token_of(TENANT, SECRET)
    key = issue(IssueApiKey(name="till", scopes=frozenset({"orders:write"})), KEY, TENANT, token)
    assert (key.tenant, key.name, key.digest, key.revoked_at) == (TENANT, "till", digest_of(token), None)
    assert SECRET not in repr(key)
    assert key.scopes == {"orders:write"}


def test_a_key_may_do_everything_unless_told_otherwise() -> None:
    assert issue(IssueApiKey(name="till"), KEY, TENANT, "t").scopes == ALL_SCOPES


def test_a_scope_there_is_none_of_is_refused() -> None:
    with pytest.raises(UnknownScope, match="'orders:eat' is none of") as refused:
        issue(IssueApiKey(name="till", scopes=frozenset({"orders:eat"})), KEY, TENANT, "t")
    assert refused.value.path == "$.scopes"
