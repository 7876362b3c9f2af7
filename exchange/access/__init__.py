"""Who sees which rows and who may do what: the one place for both questions.

Scope follows the organisation tree (commission → bureau → school): people see what their subtree sends and all of a program
that their subtree organises. Nothing here imports the apps: rows are described by lookups, objects by their attributes.
Closed by default: a model without an entry in VISIBLE and a route without a policy are start-up errors (exchange/checks.py).
"""

from exchange.access.actions import ALLOWED, OPEN_POLICIES, PACKAGE_ROUTES, has_role, may, organiser_of, program_of, require, sender_of
from exchange.access.rows import (
    COORDINATOR,
    EVERYTHING,
    OFFICER,
    VIEWER,
    VISIBLE,
    VisibleQuerySet,
    holds,
    inside_programs,
    invited,
    keeps_or_visits,
    nobody,
    run_by,
    under,
    visible,
    works_with,
)

__all__ = [
    "ALLOWED",
    "COORDINATOR",
    "EVERYTHING",
    "OFFICER",
    "OPEN_POLICIES",
    "PACKAGE_ROUTES",
    "VIEWER",
    "VISIBLE",
    "VisibleQuerySet",
    "has_role",
    "holds",
    "inside_programs",
    "invited",
    "keeps_or_visits",
    "may",
    "nobody",
    "organiser_of",
    "program_of",
    "require",
    "run_by",
    "sender_of",
    "under",
    "visible",
    "works_with",
]
