"""The import of a roster: upload → preview → corrections → commit. Every change happens under the import's row lock."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import access, audit
from exchange.spreadsheets import MARGIN, MAX_ROWS, SheetCells, SheetParts, read_cells, read_parts, refuse
from exchange.transitions import RuleViolation, arrow, move
from participants.directory.models import Organisation
from participants.rosters import bulk, import_commit, round_trip, rules
from participants.rosters.import_directory import beyond_quota, choices_of_unit, default_unit, organises, roster_directory, roster_rules
from participants.rosters.import_state import ImportRow, ImportState, join, loaded, paused_collector, seen_above, stored
from participants.rosters.models import ImportStatus, RosterImport, import_expiry
from participants.rosters.round_trip import Known
from participants.rosters.sheet.columns import FIELDS, HEADER_SEARCH_ROWS, UNSHOWN
from participants.rosters.sheet.issues import RowIssue
from participants.rosters.sheet.layout import RowInput, SheetLayout, find_header, lay_out
from participants.rosters.sheet.reading import Seen, SheetRow, read_rows
from participants.rosters.status import EDITABLE

TRANSITIONS = {
    "commit": arrow(ImportStatus.PREVIEW, ImportStatus.WRITING, to=ImportStatus.COMMITTED),
    "discard": arrow(ImportStatus.PREVIEW, to=ImportStatus.DISCARDED),
    # Sheets of many rows, see import_large.py.
    "read": arrow(ImportStatus.READING, to=ImportStatus.PREVIEW),
    "refuse": arrow(ImportStatus.READING, to=ImportStatus.DISCARDED),
    "read_again": arrow(ImportStatus.PREVIEW, to=ImportStatus.READING),
    "write": arrow(ImportStatus.PREVIEW, to=ImportStatus.WRITING),
    "stop": arrow(ImportStatus.WRITING, to=ImportStatus.PREVIEW),
}
RUNNING = (ImportStatus.READING, ImportStatus.WRITING)
MAX_CELL = 300


# Upload ----------------------------------------------------------------------------------------------------------------


def start_import(
    *,
    program: Program,
    data: bytes,
    name: str,
    by: Any,
    now: datetime,
    organisation: Organisation | None = None,
    read: Callable[[SheetCells], SheetLayout] = lay_out,
) -> RosterImport:
    """Read a sheet into a preview; one of more than MAX_ROWS rows is read by a job, unless it is a school's, which cannot be that long.

    `read` finds the columns (see import_columns.py). The same file of the same user comes back as the preview it is already, read anew. Raises SpreadsheetError, and RuleViolation "registration_closed",
    "foreign_unit".
    """
    rules.check_open(program, by, now)
    organisation = unit_of_upload(program, by, organisation)
    digest = hashlib.sha256(data).hexdigest()
    mine = RosterImport.objects.filter(program=program, created_by=by, organisation=organisation, file_sha256=digest, parent=None, expires_at__gt=now)
    earlier = mine.filter(status__in=(ImportStatus.PREVIEW, *RUNNING)).first()
    if earlier is not None:
        return earlier if earlier.counts.get("parts") else refresh(roster_import=earlier, by=by, now=now)
    sheet = read_parts(data, name)  # outside of the transaction: parsing may take seconds
    new = RosterImport(program=program, organisation=organisation, created_by=by, expires_at=import_expiry(), file_name=name[-200:], file_sha256=digest)
    new.file = data  # type: ignore[assignment]
    return start_long(new, sheet, by=by) if sheet.height > MAX_ROWS + MARGIN else save_new(new, read(sheet.cells), by=by, now=now)


def start_long(new: RosterImport, sheet: SheetParts, *, by: Any) -> RosterImport:
    from participants.rosters import import_large  # imports this module

    find_header(list(islice(sheet.rows, HEADER_SEARCH_ROWS + 1)))
    if new.organisation is not None and new.organisation.level == "school":
        raise refuse("too_many_rows")
    return import_large.start(new, sheet.height, by=by)


def unit_of_upload(program: Program, by: Any, organisation: Organisation | None) -> Organisation | None:
    if organisation is None:
        return default_unit(by, program)
    if not choices_of_unit(by, program).filter(pk=organisation.pk).exists():
        raise RuleViolation("foreign_unit", _("You cannot register people of this unit for the program."), field="organisation")
    return organisation


@paused_collector()
@transaction.atomic
def save_new(roster_import: RosterImport, layout: SheetLayout, *, by: Any, now: datetime) -> RosterImport:
    read_into(roster_import, layout, layout.rows, by=by, now=now)
    roster_import.save()
    audit.record("rosterimport.start", roster_import, by=by, changes={"rows": [None, roster_import.counts["total"]]})
    return roster_import


def read_into(roster_import: RosterImport, layout: SheetLayout, inputs: Sequence[RowInput], *, by: Any, now: datetime, seen: Seen | None = None) -> ImportState:
    """Read the rows against directory and database as they are now. `seen` are the rows of the parts above this one, when a job knows them."""
    if seen is None and roster_import.parent_id and inputs:
        whole: Any = RosterImport.objects.values_list("reading", flat=True).get(pk=roster_import.parent_id)
        seen = seen_above(whole["above"], inputs[0].row) if "above" in whole else None
    program = roster_import.program
    directory = roster_directory(program, by, roster_import.organisation)
    read = read_rows(inputs, layout.columns, directory=directory, rules=roster_rules(program, now), seen=seen)
    found = round_trip.Candidates(program, inputs, read, roster_import.organisation)
    known, by_organiser = round_trip.recognise(read, found), organises(by, program)
    checked = [noted(row, known.get(row.row), found.holders.get(found.indexes.get(row.row, "")), by_organiser) for row in read]
    state = join(layout, inputs, checked, known)
    roster_import.reading = stored(state)  # type: ignore[assignment]
    roster_import.counts = state.counts | {"beyond_quota": beyond_quota(program, state.new_places)}
    return state


def noted(row: SheetRow, known: Known | None, holder: int | None, by_organiser: bool) -> SheetRow:
    """Note who has a place already, and what of it may still be changed; whoever holds a place elsewhere is not named.

    `holder` is the registration that has the row's ID number now.
    """
    if holder is not None and holder != (known.registration if known else None):
        code = "taken_elsewhere" if row.unit is not None else ""
    elif known is None or not known.changes or row.status == "skipped":
        code = ""
    else:
        code = "already_registered" if known.status in EDITABLE or by_organiser else "registered_locked"
    return row.with_issue(RowIssue(row.row, "national_id", code, before=row.values.get("national_id", ""))) if code else row


# Corrections -----------------------------------------------------------------------------------------------------------


def lock(roster_import: RosterImport, now: datetime, in_job: bool = False) -> RosterImport:
    """The locked row, still in preview. Raises RuleViolation "already_committed", "import_discarded", "import_expired", "import_running"."""
    rows = RosterImport.objects.select_for_update(of=("self",)).select_related("program__organiser", "organisation", "created_by")
    locked = rows.defer("file", "reading").get(pk=roster_import.pk)  # opened only by those who ask for them
    if locked.status == ImportStatus.COMMITTED:
        raise RuleViolation("already_committed", _("This sheet has been imported already."))
    if locked.status == ImportStatus.DISCARDED:
        raise RuleViolation("import_discarded", _("This upload was discarded. Upload the sheet again."))
    is_part_of_running = bool(locked.parent_id) and RosterImport.objects.filter(parts=locked, status__in=RUNNING).exists()
    if locked.status in RUNNING or (is_part_of_running and not in_job):
        raise RuleViolation("import_running", _("The sheet is being read or imported just now. Wait until this is done."))
    if locked.expires_at <= now:
        raise RuleViolation("import_expired", _("This upload is older than 30 days. Upload the sheet again."))
    return locked


@paused_collector()
@transaction.atomic
def revise(roster_import: RosterImport, change: Callable[[ImportState], Mapping[int, Mapping[str, Any]]], *, by: Any, now: datetime) -> RosterImport:
    """Apply `change(state)` (row → replaced inputs) and read the sheet again."""
    roster_import = lock(roster_import, now)
    if roster_import.counts.get("parts"):
        raise RuleViolation("import_in_parts", _("This sheet is shown in parts. Open the part with the row."))
    state = loaded(roster_import.reading)
    read_into(roster_import, state.layout, state.inputs_with(change(state)), by=reader(roster_import, by), now=now)
    roster_import.save(update_fields=["reading", "counts"])
    return roster_import


def reader(roster_import: RosterImport, by: Any) -> Any:
    """The sheet is read with the rights of whoever uploaded it, so that a helper's look changes nothing."""
    return roster_import.created_by or by


def refresh(*, roster_import: RosterImport, by: Any, now: datetime) -> RosterImport:
    """Read the sheet again, for instance after the district has added a unit; corrections stay."""
    return revise(roster_import, lambda state: {}, by=by, now=now)


def read_other_sheet(*, roster_import: RosterImport, sheet: str, by: Any, now: datetime) -> RosterImport:
    """Read another list of the workbook instead; corrections of this one are given up.

    Raises SpreadsheetError, and RuleViolation "no_such_sheet", "import_…".
    """
    if roster_import.counts.get("parts") or roster_import.parent_id or sheet not in loaded(roster_import.reading).layout.choosable:
        raise RuleViolation("no_such_sheet", _("The workbook has no other list of this name."), field="sheet")
    cells = read_cells(roster_import.file, roster_import.file_name, sheet)  # type: ignore[arg-type]  # outside of the transaction: it may take seconds
    layout = lay_out(cells)
    with transaction.atomic():
        locked = lock(roster_import, now)
        read_into(locked, layout, layout.rows, by=reader(locked, by), now=now)
        locked.save(update_fields=["reading", "counts"])
    return locked


def row_of(state: ImportState, row: int) -> ImportRow:
    found = state.find(row)
    if found is None:
        raise RuleViolation("no_such_row", _("The sheet has no row %(row)s.") % {"row": row}, field="row")
    return found


def correct_cell(*, roster_import: RosterImport, row: int, column: str, value: str | None, by: Any, now: datetime) -> RosterImport:
    """Type another value for a cell; None takes the correction back. Raises RuleViolation "no_such_row", "no_such_column", "import_…"."""

    def change(state: ImportState) -> dict[int, dict[str, Any]]:
        edits = dict(row_of(state, row).given.edits)
        if column not in FIELDS or column in UNSHOWN:
            raise RuleViolation("no_such_column", _("The sheet has no such column."), field="column")
        if value is None:
            edits.pop(column, None)
        else:
            edits[column] = value[:MAX_CELL]
        confirmed = {"is_confirmed": False} if column == "unit" else {}
        return {row: {"edits": edits, **confirmed}}

    return revise(roster_import, change, by=by, now=now)


def confirm_units(*, roster_import: RosterImport, by: Any, now: datetime, rows: Sequence[int] | None = None) -> RosterImport:
    """Agree to the units that were found for inexact names, in some rows or in all."""

    def change(state: ImportState) -> dict[int, dict[str, Any]]:
        chosen = [row_of(state, row) for row in rows] if rows is not None else list(state.rows)
        return {row.row: {"is_confirmed": True} for row in chosen if row.waits_for_confirmation}

    return revise(roster_import, change, by=by, now=now)


def doubt_units(*, roster_import: RosterImport, rows: Sequence[int], by: Any, now: datetime) -> RosterImport:
    """Take back that the units of these rows were agreed to."""

    def change(state: ImportState) -> dict[int, dict[str, Any]]:
        return {row_of(state, row).row: {"is_confirmed": False} for row in rows}

    return revise(roster_import, change, by=by, now=now)


def skip_row(*, roster_import: RosterImport, row: int, by: Any, now: datetime, skip: bool = True) -> RosterImport:
    """Leave a row out, or take it back in (also one that the layout took for a total or a footnote)."""

    def change(state: ImportState) -> dict[int, dict[str, Any]]:
        return {row_of(state, row).row: {"is_skipped": skip}}

    return revise(roster_import, change, by=by, now=now)


def decide_marked(*, roster_import: RosterImport, skip: bool | None, by: Any, now: datetime, rows: Sequence[int] | None = None) -> RosterImport:
    """Say of all rows that the sheet strikes out or hides, or of those in `rows`, whether they are left out; None asks again."""

    def change(state: ImportState) -> dict[int, dict[str, Any]]:
        chosen = [row_of(state, row) for row in rows] if rows is not None else [row for row in state.rows if row.given.is_undecided]
        return {row.row: {"is_skipped": skip} for row in chosen if row.given.mark}

    return revise(roster_import, change, by=by, now=now)


# The end ---------------------------------------------------------------------------------------------------------------


@paused_collector()
@transaction.atomic
def commit_import(
    *, roster_import: RosterImport, by: Any, now: datetime, rows: Sequence[int] | None = None, withdraw: Sequence[int] = (), seen: Seen | None = None
) -> import_commit.Outcome:
    """Make people and draft registrations of all rows that can be imported, or of those in `rows`: everything or nothing. Rows that say nothing new
    change nothing. `withdraw` are registrations that are no longer in the sheet and are to end. `seen`: see `read_into`.

    Raises RuleViolation "already_committed", "import_discarded", "import_expired", "registration_closed", "nothing_to_import", "still_in_sheet".
    """
    roster_import = lock(roster_import, now, in_job=seen is not None)
    rules.check_open(roster_import.program, by, now)
    state = loaded(roster_import.reading)
    # The directory may have changed since the preview: what counts is what holds now.
    state = read_into(roster_import, state.layout, state.inputs_with({}), by=reader(roster_import, by), now=now, seen=seen)
    chosen = [row for row in state.rows if row.can_be_imported and (rows is None or row.row in rows)]
    if not chosen and not withdraw:
        raise RuleViolation("nothing_to_import", _("No row can be imported yet. Correct the rows that are marked."))
    withdrawn = withdraw_missing(roster_import, state, withdraw, by=by, now=now) if withdraw else 0
    outcome = import_commit.write(roster_import.program, [row for row in chosen if not row.is_unchanged], by=by)
    same = import_commit.registrations_of([row for row in chosen if row.is_unchanged])
    outcome = replace(
        outcome, skipped=state.counts["total"] - len(chosen), unchanged=len(same), withdrawn=withdrawn, registrations=same | outcome.registrations
    )
    roster_import.counts |= outcome.counts
    move(roster_import, TRANSITIONS, "commit", by=by, at=now, reading=roster_import.reading, counts=roster_import.counts)
    return outcome


def withdraw_missing(roster_import: RosterImport, state: ImportState, keys: Sequence[int], *, by: Any, now: datetime) -> int:
    """End those who are no longer in the sheet, as chosen. Raises RuleViolation "still_in_sheet"."""
    absent = round_trip.missing(roster_import.program, state.present, roster_import.organisation).visible_to(by)
    found = [row for row in absent.filter(pk__in=list(keys)) if access.may(by, "registration.withdraw", row)]
    if len(found) != len(set(keys)):
        raise RuleViolation("still_in_sheet", _("The roster was changed at the same moment. Look at the preview again, then import."))
    done, _refused = bulk.decide_many(action="withdraw", registrations=found, by=by, now=now, reason=_("No longer in the sheet"))
    return len(done)


@transaction.atomic
def discard_import(*, roster_import: RosterImport, by: Any, now: datetime) -> RosterImport:
    """Throw an upload away: file and rows are emptied at once. Raises RuleViolation "already_committed", "import_discarded", "import_expired"."""
    roster_import = lock(roster_import, now)
    roster_import.parts.all().delete()
    move(roster_import, TRANSITIONS, "discard", by=by, at=now, file=b"", reading={})
    return roster_import


def purge_expired(now: datetime) -> int:
    """Delete uploads that have expired, committed ones too: their people live on in the roster."""
    deleted, _by_model = RosterImport.objects.filter(expires_at__lte=now).delete()
    return deleted


def may_see_numbers(user: Any, roster_import: RosterImport) -> bool:
    """Only whoever uploaded the sheet sees its ID and phone numbers in full."""
    return user.pk == roster_import.created_by_id
