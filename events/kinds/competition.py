"""Science competition."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind


class CompetitionDetails(Details):
    subjects = models.CharField(_("fields"), max_length=200, blank=True)
    team_size = models.PositiveSmallIntegerField(_("team size"), null=True, blank=True)
    rules_zh = models.TextField(_("rules (Chinese)"), blank=True)
    rules_en = models.TextField(_("rules (English)"), blank=True)


class Competition(ProgramKind):
    code = "competition"
    name = _("Science competition")
    details_model = CompetitionDetails
    icon = "medal"
    needs_national_id = False
    certificate_paper = "award"
    description = _("Teams compete in science and technology: fields, team size, rules.")
    section_title = _("About the competition")
    public_labels = {"subjects": _("Fields"), "team_size": _("Team size"), "rules": _("Rules")}
