"""Ids and secrets: the only sources of both. See core.kernel.ids.NewId for the ids' promise."""

from collections.abc import Callable

NewSecret = Callable[[], str]
"""Makes one secret of 256 random bits as 43 URL-safe characters."""
