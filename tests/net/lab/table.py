# SPDX-License-Identifier: Apache-2.0
"""The table of one run: what each event cost, beside the limit that was set and what keepalived did in the same run."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One event. Figures are text already, since they differ in kind."""

    event: str
    regent: str
    limit: str
    keepalived: str = "-"


def milliseconds(seconds: list[float]) -> str:
    """Worst and median of what was measured, and how often it was."""
    return f"{max(seconds) * 1000:.1f} / {statistics.median(seconds) * 1000:.1f} ms, {len(seconds)}x"


class Table:
    """Rows in the order in which they were measured. A later row of the same event replaces the earlier."""

    HEADS = Row("event", "regent: worst / median", "must be", "keepalived, same run")

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def add(self, event: str, regent: str, limit: str, keepalived: str = "-") -> None:
        """One row; to be called before anything is asserted, so that a failure shows its figure too."""
        self._rows[event] = Row(event, regent, limit, keepalived)

    def lines(self) -> list[str]:
        """The table as text; nothing when nothing was measured."""
        if not self._rows:
            return []
        rows = [[r.event, r.regent, r.limit, r.keepalived] for r in (self.HEADS, *self._rows.values())]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        text = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        return [text[0], "-+-".join("-" * width for width in widths), *text[1:]]
