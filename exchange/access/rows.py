"""Who sees which rows: a condition per model, by lookups only."""

from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Q

NOTHING = Q(pk__in=[])
EVERYTHING = Q()
OFFICER, VIEWER, COORDINATOR = "officer", "viewer", "coordinator"

ModelT = TypeVar("ModelT", bound=models.Model)


class VisibleQuerySet(models.QuerySet[ModelT]):
    """A QuerySet that knows who may see its rows; every model's manager is made from it."""

    def visible_to(self, user: Any) -> Self:
        """Only the rows that this user may see."""
        return self.filter(visible(self.model, user))


def visible(model: type[models.Model], user: Any) -> Q:
    if user.is_authenticated and user.is_superuser:
        return EVERYTHING
    return VISIBLE[model._meta.label](user)


def under(user: Any, organisation: str, roles: Iterable[str] = (OFFICER, VIEWER, COORDINATOR)) -> Q:
    """Rows whose `organisation` (a lookup path, "" for the row itself) lies in a subtree where the user has one of `roles`."""
    lookup = f"{organisation}__path__startswith" if organisation else "path__startswith"
    found = NOTHING
    for scope in user.scopes if user.is_authenticated else ():
        if scope.role in roles:
            found |= Q(**{lookup: scope.path})
    return found


def run_by(user: Any, organisation: str, roles: Iterable[str] = (OFFICER, VIEWER)) -> Q:
    """The same for what the user's offices run themselves; the administrator runs everything."""
    return EVERYTHING if user.is_authenticated and user.is_superuser else under(user, organisation, roles)


def _ids(label: str, column: str, condition: Q) -> models.QuerySet[Any, Any]:
    return apps.get_model(label)._base_manager.filter(condition).values(column)


def nobody(user: Any) -> Q:
    return NOTHING


def anyone(user: Any) -> Q:
    return EVERYTHING


def signed_in(user: Any) -> Q:
    return EVERYTHING if user.is_authenticated else NOTHING


def invited(user: Any) -> Q:
    """Programs past the draft with a delegation that the user's subtree sends or to whose bureau the user's school belongs."""
    if not user.is_authenticated:
        return NOTHING
    asked = under(user, "organisation") | Q(organisation_id__in=user.lineage)
    return ~Q(status="draft") & Q(pk__in=_ids("participants.Delegation", "program_id", asked))


def programs(user: Any) -> Q:
    """Public ones once published; those that the user's subtree organises; published ones that invite the user's organisations."""
    seen = Q(visibility="public") & ~Q(status="draft")
    if not user.is_authenticated:
        return seen
    return seen | under(user, "organiser") | invited(user)


def of_programs(path: str) -> Callable[[Any], Q]:
    """Rows that belong to a program: visible with it."""
    return lambda user: Q(**{f"{path}__in": _ids("events.Program", "pk", programs(user))})


def delegations(user: Any) -> Q:
    """Those sent by the user's subtree, the one that the user's school belongs to, and all of programs the subtree organises."""
    if not user.is_authenticated:
        return NOTHING
    return under(user, "organisation") | under(user, "program__organiser") | (Q(organisation_id__in=user.lineage) & ~Q(program__status="draft"))


def allocations(user: Any) -> Q:
    return under(user, "organisation") | under(user, "delegation__program__organiser") | under(user, "delegation__organisation")


def registrations(user: Any) -> Q:
    """What the user's subtree sends and all of a program that it organises."""
    return under(user, "organisation") | under(user, "delegation__organisation") | under(user, "program__organiser")


def of_registrations(path: str) -> Callable[[Any], Q]:
    def condition(user: Any) -> Q:
        return under(user, f"{path}__organisation") | under(user, f"{path}__delegation__organisation") | under(user, f"{path}__program__organiser")

    return condition


def people(user: Any) -> Q:
    """People of the user's subtree, and those registered for programs that the subtree organises."""
    if not user.is_authenticated:
        return NOTHING
    organised = _ids("participants.Registration", "person_id", under(user, "program__organiser", (OFFICER, VIEWER)))
    return under(user, "organisation") | Q(pk__in=organised)


def organisations(user: Any) -> Q:
    """The user's subtree, its ancestors, and the offices and partners that anyone may name (schools of others stay unseen)."""
    if not user.is_authenticated:
        return NOTHING
    return under(user, "") | Q(pk__in=user.lineage) | Q(level__in=["commission", "bureau", "partner"])


def users(user: Any) -> Q:
    if not user.is_authenticated:
        return NOTHING
    return Q(pk=user.pk) | Q(pk__in=_ids("participants.Membership", "user_id", under(user, "organisation", (OFFICER,))))


def venues(user: Any) -> Q:
    """Venues of items that the user sees; the desk also sees those that its own tree keeps."""
    return Q(pk__in=_ids("events.ItineraryItem", "venue_id", itinerary_items(user))) | keeps_venue(user)


def keeps_venue(user: Any) -> Q:
    """Venues, and templates of itineraries, of the own offices and of those above."""
    return under(user, "owner", (OFFICER, VIEWER)) | (Q(owner_id__in=user.lineage) if user.is_authenticated else NOTHING)


def keeps_or_visits(user: Any) -> Q:
    """Venues whose contact person the user may call: kept by the own tree, or visited by a program that the user has to do with."""
    if not user.is_authenticated or user.is_superuser:
        return EVERYTHING if user.is_authenticated else NOTHING
    return keeps_venue(user) | Q(pk__in=_ids("events.ItineraryItem", "venue_id", inside_programs(user, "program")))


def itinerary_items(user: Any) -> Q:
    """Public items of a visible program; everything for those who take part or organise; drafts of changes for organisers alone."""
    published = inside_programs(user, "program") | (Q(is_public=True) & of_programs("program_id")(user))
    return (Q(is_draft=False) & published) | (Q(is_draft=True) & under(user, "program__organiser", (OFFICER, VIEWER)))


def materials(user: Any) -> Q:
    """Public files of public items of a visible program; all for those who take part or organise; those of new drafts for organisers alone."""
    is_draft = Q(item__is_draft=True)
    shown = Q(is_public=True, item__is_public=True) & of_programs("item__program_id")(user)
    return (~is_draft & (shown | inside_programs(user, "item__program"))) | (is_draft & under(user, "item__program__organiser", (OFFICER, VIEWER)))


def inside_programs(user: Any, path: str) -> Q:
    """Rows of programs that the user's subtree organises or, once published, sends people to; `path` leads to the program."""
    if not user.is_authenticated or user.is_superuser:
        return EVERYTHING if user.is_authenticated else NOTHING
    return under(user, f"{path}__organiser") | Q(**{f"{path}__in": _ids("events.Program", "pk", invited(user))})


def holds(condition: Q) -> models.Case:
    """A condition as a true or false column, for `annotate`."""
    if condition == EVERYTHING:
        return models.Case(default=models.Value(True))
    return models.Case(models.When(condition, then=models.Value(True)), default=models.Value(False))


def roster_imports(user: Any) -> Q:
    """The uploader's own, those of the user's subtree, and those of programs the subtree organises."""
    if not user.is_authenticated:
        return NOTHING
    return Q(created_by_id=user.pk) | under(user, "organisation", (OFFICER, COORDINATOR)) | under(user, "program__organiser", (OFFICER,))


def roster_versions(user: Any) -> Q:
    """Offices alone: a version names the people of every school of the delegation."""
    roles = (OFFICER, VIEWER)
    return under(user, "delegation__organisation", roles) | under(user, "delegation__program__organiser", roles)


def certificates(user: Any) -> Q:
    """Those that the user's subtree sends people for, and all of programs that it organises."""
    sent = under(user, "organisation") | under(user, "registration__delegation__organisation")
    return sent | under(user, "program__organiser")


def batches(user: Any) -> Q:
    return under(user, "program__organiser", (OFFICER, VIEWER))


def audit_events(user: Any) -> Q:
    """Officers and viewers: what concerns their subtree, and the programs that it organises."""
    if not user.is_authenticated:
        return NOTHING
    found = Q(program_id__in=_ids("events.Program", "pk", under(user, "organiser", (OFFICER, VIEWER))))
    for scope in user.scopes:
        if scope.role in (OFFICER, VIEWER):
            found |= Q(scope_path__startswith=scope.path)
    return found


def own(user: Any) -> Q:
    """Rows that belong to one account, and to nobody else."""
    return Q(user_id=user.pk) if user.is_authenticated else NOTHING


def works_with(user: Any, role: str) -> Q:
    """People of whom the user needs personal details: as their "sender" (the school, its bureau), or as "organiser"; viewers need none."""
    if not user.is_authenticated or user.is_superuser:
        return EVERYTHING if user.is_authenticated else NOTHING
    if role == "sender":
        return under(user, "organisation", (OFFICER, COORDINATOR))
    return Q(pk__in=_ids("participants.Registration", "person_id", under(user, "program__organiser", (OFFICER,))))


def calendar_links(user: Any) -> Q:
    """Secret addresses: only for officers who may give them out."""
    officers = (OFFICER,)
    return (
        under(user, "group__program__organiser", officers)
        | under(user, "delegation__program__organiser", officers)
        | under(user, "delegation__organisation", officers)
        | under(user, "organisation", officers)
    )


VISIBLE: dict[str, Callable[[Any], Q]] = {
    "exchange.AuditEvent": audit_events,
    "exchange.IdempotencyRecord": nobody,
    "events.Series": anyone,
    "events.Program": programs,
    "events.StudyVisitDetails": of_programs("program_id"),
    "events.ExhibitionDetails": of_programs("program_id"),
    "events.ChoirDetails": of_programs("program_id"),
    "events.CompetitionDetails": of_programs("program_id"),
    "events.SportsDetails": of_programs("program_id"),
    "events.OnlineSeriesDetails": of_programs("program_id"),
    "events.JointCourseDetails": of_programs("program_id"),
    "events.Venue": venues,
    "events.Group": lambda user: signed_in(user) & of_programs("program_id")(user),
    "events.ItineraryItem": itinerary_items,
    "events.Material": materials,
    "events.SchoolTerm": signed_in,
    "events.ItineraryTemplate": keeps_venue,
    "events.ItineraryVersion": lambda user: under(user, "program__organiser", (OFFICER, VIEWER)),
    "events.LessonSeries": lambda user: under(user, "program__organiser", (OFFICER, VIEWER)),
    "events.LessonHost": lambda user: under(user, "series__program__organiser", (OFFICER, VIEWER)),
    "events.ItemEvent": nobody,
    "events.CalendarLink": calendar_links,
    "participants.Division": anyone,
    "participants.Organisation": organisations,
    "participants.OrganisationAlias": lambda user: Q(organisation__in=_ids("participants.Organisation", "pk", organisations(user))),
    "participants.User": users,
    "participants.Membership": lambda user: (Q(user_id=user.pk) if user.is_authenticated else NOTHING) | under(user, "organisation", (OFFICER,)),
    "participants.Invitation": lambda user: under(user, "organisation", (OFFICER,)),
    "participants.Person": people,
    "participants.GuardianConsent": lambda user: under(user, "person__organisation", (OFFICER, COORDINATOR)),
    "participants.Export": own,
    "participants.Guest": lambda user: under(user, "program__organiser", (OFFICER, VIEWER)),
    "participants.Invite": lambda user: under(user, "item__program__organiser", (OFFICER, VIEWER)),
    "participants.Notice": own,
    "participants.OutboxMail": nobody,
    "participants.MailPreference": own,
    "participants.MailStop": nobody,
    "participants.Delegation": delegations,
    "participants.Allocation": allocations,
    "participants.QuotaPart": lambda user: Q(delegation__in=_ids("participants.Delegation", "pk", delegations(user))),
    "participants.Registration": registrations,
    "participants.RosterImport": roster_imports,
    "participants.RosterVersion": roster_versions,
    "participants.AttendanceRecord": of_registrations("registration"),
    "participants.DeviceMark": nobody,
    "participants.NumberSeries": nobody,
    "participants.Certificate": certificates,
    "participants.Award": batches,
    "participants.PaperPicture": lambda user: under(user, "organisation", (OFFICER, VIEWER)),
    "participants.PaperTemplate": lambda user: under(user, "organisation", (OFFICER, VIEWER)) | batches(user),
    "participants.FormerFile": nobody,
    "participants.CertificateBatch": batches,
    "participants.CertificateBatchItem": lambda user: under(user, "batch__program__organiser", (OFFICER, VIEWER)),
}
