"""How an import keeps its rows: as plain JSON inside the encrypted column, and back. Pure."""

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from exchange.spreadsheets import new_cell
from participants.rosters.round_trip import Known
from participants.rosters.sheet.issues import RowIssue
from participants.rosters.sheet.layout import RowInput, SheetLayout
from participants.rosters.sheet.reading import STATUSES, Seen, SheetRow, counts_of

NEEDS_CONFIRMATION = frozenset({"unit_fuzzy"})
NEEDS_DECISION = frozenset({"row_struck", "row_hidden"})
LEFT_AS_IS = frozenset({"registered_locked"})


@contextmanager
def paused_collector() -> Iterator[None]:
    """While thousands of rows are made, all of them in use: each collection would walk over all that are there, a quarter of the time of an import."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True)
class ImportRow:
    """A row as it came, with what it was read as."""

    given: RowInput
    read: SheetRow
    known: Known | None = None  # the registration that it is about

    @property
    def row(self) -> int:
        return self.read.row

    @property
    def status(self) -> str:
        return self.read.status

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(issue.code for issue in self.read.issues)

    @property
    def is_unchanged(self) -> bool:
        """Somebody who is registered exactly like this: importing changes nothing."""
        return self.known is not None and not self.known.changes and self.status != "skipped"

    @property
    def waits_for_confirmation(self) -> bool:
        return bool(self.codes & NEEDS_CONFIRMATION)

    @property
    def can_be_imported(self) -> bool:
        """Warnings are imported; an uncertain unit, and a row that the sheet strikes out or hides, only after a yes."""
        left_out = NEEDS_CONFIRMATION | NEEDS_DECISION | LEFT_AS_IS
        return self.status in ("ok", "fixed", "warning") and self.read.unit is not None and not self.codes & left_out


@dataclass(frozen=True)
class ImportState:
    """Everything that the encrypted column holds."""

    layout: SheetLayout
    rows: tuple[ImportRow, ...]

    @property
    def counts(self) -> dict[str, int]:
        counts = counts_of(row.status for row in self.rows)
        return counts | {
            "importable": sum(row.can_be_imported and not row.is_unchanged for row in self.rows),
            "unconfirmed": sum(row.waits_for_confirmation for row in self.rows),
            "undecided": sum(row.given.is_undecided for row in self.rows),
            "unchanged": sum(row.is_unchanged for row in self.rows),
        }

    @property
    def present(self) -> list[int]:
        """Registrations that the rows of our own workbook speak of; [] for any other sheet."""
        return [row.known.registration for row in self.rows if row.known] if self.layout.template else []

    @property
    def new_places(self) -> list[tuple[int, int]]:
        """(delegation, unit) of each row that would add somebody."""
        return [(row.read.delegation, row.read.unit) for row in self.rows if row.can_be_imported and row.known is None]  # type: ignore[misc]

    def find(self, row: int) -> ImportRow | None:
        return next((found for found in self.rows if found.row == row), None)

    def inputs_with(self, changed: Mapping[int, Mapping[str, Any]]) -> tuple[RowInput, ...]:
        """The rows' inputs, with some fields of some rows replaced."""
        return tuple(replace(row.given, **changed.get(row.row, {})) for row in self.rows)


def join(layout: SheetLayout, inputs: Sequence[RowInput], read: Sequence[SheetRow], known: Mapping[int, Known]) -> ImportState:
    return ImportState(layout, tuple(ImportRow(given, row, known.get(row.row)) for given, row in zip(inputs, read, strict=True)))


def stored(state: ImportState) -> dict[str, Any]:
    layout = state.layout
    head = {"sheet": layout.sheet, "header_row": layout.header_row, "columns": list(layout.columns), "template": layout.template}
    unread = {
        "unused": list(layout.unused),
        "other_sheets": list(layout.other_sheets),
        "hidden": list(layout.hidden),
        "said": list(layout.said),
        "is_turned": layout.is_turned,
    }
    return head | unread | {"rows": [stored_row(row) for row in state.rows]}


def stored_row(row: ImportRow) -> dict[str, Any]:
    """What holds for most rows is left out."""
    given, read = row.given, row.read
    full = {
        "row": given.row,
        "status": read.status,
        "cells": {column: [cell.text, cell.kind] for column, cell in given.cells.items()},
        "is_person": None if given.is_person else False,
        "text": given.text,
        "edits": dict(given.edits),
        "is_confirmed": given.is_confirmed or None,
        "is_skipped": given.is_skipped,
        "mark": given.mark,
        "struck": list(given.struck),
        "values": read.values,
        "issues": [issue.stored() for issue in read.issues],
        "unit": read.unit,
        "delegation": read.delegation,
        "known": [row.known.registration, row.known.status, row.known.changes] if row.known else None,
    }
    return {key: value for key, value in full.items() if value not in ({}, [], "", None)}


def stored_seen(seen: Seen) -> str:
    """As one text, which costs next to nothing until somebody asks what it says."""
    units: dict[str, dict[str, int]] = {}
    for (name, unit), row in seen.names.items():
        units.setdefault(unit, {})[name] = row
    return json.dumps({"ids": seen.ids, "phones": seen.phones, "units": units}, ensure_ascii=False)


def seen_above(text: str, first_row: int) -> Seen:
    """What must not come twice, from the rows above a part of a sheet, as they were when the whole was read last."""
    data = json.loads(text)
    ids, phones = ({key: row for key, row in data[name].items() if row < first_row} for name in ("ids", "phones"))
    return Seen(ids, phones, {(name, unit): row for unit, names in data["units"].items() for name, row in names.items() if row < first_row})


def loaded(data: Any) -> ImportState:
    rows = tuple(loaded_row(row) for row in data.get("rows", ()))
    columns, unused, others, hidden, said = (tuple(data.get(name, ())) for name in ("columns", "unused", "other_sheets", "hidden", "said"))
    given = tuple(row.given for row in rows)
    layout = SheetLayout(
        data.get("sheet", ""), data.get("header_row", 1), columns, given, data.get("template", ""), unused, others, hidden, said, data.get("is_turned", False)
    )
    return ImportState(layout, rows)


def loaded_row(data: Mapping[str, Any]) -> ImportRow:
    given = RowInput(
        row=data["row"],
        cells={column: new_cell(cell) for column, cell in data.get("cells", {}).items()},
        is_person=data.get("is_person", True),
        text=data.get("text", ""),
        edits=data.get("edits", {}),
        is_confirmed=data.get("is_confirmed", False),
        is_skipped=data.get("is_skipped"),
        mark=data.get("mark", ""),
        struck=tuple(data.get("struck", ())),
    )
    issues = tuple(RowIssue(**issue) for issue in data.get("issues", ()))
    registration, status, changes = data.get("known") or (None, "", ())
    known = Known(registration, status, tuple(tuple(change) for change in changes)) if registration else None
    return ImportRow(given, SheetRow(data["row"], data["status"], data.get("values", {}), issues, data.get("unit"), data.get("delegation")), known)


__all__ = ["STATUSES", "ImportRow", "ImportState", "join", "loaded", "stored"]
