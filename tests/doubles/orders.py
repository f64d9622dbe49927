"""Control operations that every double has: faults on order, and its clock."""

from __future__ import annotations

from typing import Any

from tests.doubles.faults import Fault, Faults
from tests.doubles.world import Clock


class OrdersDesk:
    def __init__(self, faults: Faults, clock: Clock, fault: type[Fault] = Fault) -> None:
        self._faults, self._clock, self._fault = faults, clock, fault

    def fault(self, kind: str, **order: Any) -> int:
        """See `tests.doubles.faults.Fault` for the fields. The number is for `cancel_fault`."""
        return self._faults.order(self._fault(kind, **order))

    def cancel_fault(self, number: int | None = None) -> None:
        self._faults.cancel(number)

    def faults(self) -> dict[str, int]:
        """How often each standing order has hit, by number."""
        return {str(n): f.hits for n, f in self._faults.standing.items()}

    def now(self) -> float:
        return self._clock.now()

    def clock(
        self,
        *,
        set: float | None = None,
        advance: float = 0.0,
        frozen: bool | None = None,
    ) -> float:
        if set is not None:
            self._clock.set(set)
        if advance:
            self._clock.advance(advance)
        if frozen is not None:
            self._clock.freeze(frozen=frozen)
        return self._clock.now()
