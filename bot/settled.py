"""A broken rule carried out of a transaction as a value, so that what it counted is committed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rubric.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settled(Generic[T]):
    value: T | None = None
    error: UserError | None = None

    def unwrap(self) -> T:
        """The value; raises the error there was instead."""
        if self.error is not None:
            raise self.error
        assert self.value is not None  # noqa: S101 - one of the two is always there
        return self.value


def settle(work: Callable[[], T]) -> Settled[T]:
    try:
        return Settled(work())
    except UserError as error:
        return Settled(error=error)
