"""Allowances that are booked before they are used, kept as long as the process lives; the store keeps them longer."""

from __future__ import annotations

import threading


class MemoryLedger:
    """A ``Ledger`` without a disk."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def spend(self, account: str, period: str, units: int, limit: int) -> bool:
        """Book ``units`` (negative: give back); False, and nothing booked, where ``limit`` would be passed."""
        with self._lock:
            spent = self._spent.get((account, period), 0) + units
            if units > 0 and spent > limit:
                return False
            self._spent[account, period] = max(0, spent)
            return True
