"""Finding the school or office that a sheet or a form calls by its name."""

from django.db.models import Q
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation


def concerned(program: Program) -> Q:
    """Organisations that may win something: under the organiser, under a sending bureau, co-organisers and partners."""
    found = Q(path__startswith=program.organiser.path) | Q(level="partner") | Q(pk__in=program.co_organisers.values("pk"))
    for delegation in program.delegations.select_related("organisation"):
        found |= Q(path__startswith=delegation.organisation.path)
    return found


def find_unit(program: Program, name: str) -> Organisation:
    """The one organisation of this name, short name or alias. Raises RuleViolation "unit_missing", "unknown_unit", "ambiguous_unit"."""
    name = name.strip()
    if not name:
        raise RuleViolation("unit_missing", _("Name the school or office."), field="unit")
    named = Organisation.objects.filter(concerned(program), Q(name_zh=name) | Q(name_en__iexact=name) | Q(short_name=name) | Q(aliases__name=name))
    found = list(named.distinct()[:2])
    if not found:
        raise RuleViolation("unknown_unit", _("No school or office of this program is called %(name)s.") % {"name": name}, field="unit")
    if len(found) > 1:
        raise RuleViolation("ambiguous_unit", _("Several are called %(name)s. Write the full name.") % {"name": name}, field="unit")
    return found[0]
