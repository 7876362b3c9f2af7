"""What of an import's rows each reader sees: whoever uploaded the sheet sees its numbers, anyone else sees them masked."""

from collections.abc import Callable
from typing import Any

from exchange.masking import mask_national_id, mask_phone
from participants.rosters.import_state import ImportRow, loaded
from participants.rosters.imports import may_see_numbers
from participants.rosters.models import RosterImport
from participants.rosters.sheet.issues import RowIssue

MASKS: dict[str, Callable[[str], str]] = {"national_id": mask_national_id, "phone": mask_phone, "emergency_phone": mask_phone}

Reader = Callable[[str, str], str]


def in_full(column: str, text: str) -> str:
    return text


def masked(column: str, text: str) -> str:
    return MASKS[column](text) if column in MASKS and text else text


def reader_of(roster_import: RosterImport, user: Any) -> Reader:
    """How this user reads a cell: `reader(column, text)`."""
    return in_full if may_see_numbers(user, roster_import) else masked


def rows_for(roster_import: RosterImport, user: Any) -> list[dict[str, Any]]:
    """The rows as the API gives them."""
    read = reader_of(roster_import, user)
    return [row_for(row, read) for row in loaded(roster_import.reading).rows]


def row_for(row: ImportRow, read: Reader) -> dict[str, Any]:
    values = {column: read(column, text) for column, text in row.read.values.items()}
    issues = [issue_for(issue, read) for issue in row.read.issues]
    return {"row": row.row, "status": row.status, "values": values, "issues": issues} | known_for(row, read)


def known_for(row: ImportRow, read: Reader) -> dict[str, Any]:
    """The registration that the row is about, and what it would change of it."""
    if row.known is None:
        return {"registration": None, "changes": []}
    changes = [{"column": column, "before": read(column, before), "after": read(column, after)} for column, before, after in row.known.changes]
    return {"registration": row.known.registration, "changes": changes}


def issue_for(issue: RowIssue, read: Reader) -> dict[str, str]:
    return {
        "column": issue.column,
        "code": issue.code,
        "severity": issue.severity,
        "message": issue.message,
        "before": read(issue.column, issue.before),
        "after": read(issue.column, issue.after),
    }
