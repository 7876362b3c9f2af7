"""Locked rosters at the desk: the versions of a program's delegations, one version, what has changed since, and its papers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange import access
from exchange.pages import ActionView, Page, PageForm
from exchange.transitions import RuleViolation
from participants.people.export_forms import VersionForm
from participants.people.export_pages import AskExport, titles
from participants.people.models import Export
from participants.rosters import version_files, versions
from participants.rosters.listing import number
from participants.rosters.models import Delegation, RosterVersion
from participants.rosters.pages import program_or_404

VERSIONS = RosterVersion.objects.select_related("delegation__organisation", "delegation__program__organiser")


class LockForm(PageForm):
    note = forms.CharField(label=gettext_lazy("note"), max_length=200, required=False)


def office_delegations(user: Any, program: Any) -> Any:
    """Delegations whose versions the user may see: of the own office, or of programs that it organises."""
    rows = Delegation.objects.filter(program=program).select_related("organisation", "program__organiser")
    if user.is_superuser:
        return rows
    roles = (access.OFFICER, access.VIEWER)
    return rows.filter(access.under(user, "organisation", roles) | access.under(user, "program__organiser", roles))


class VersionList(Page):
    """The delegations of a program with their locked versions, and how far each has moved since."""

    access = "audit.view"
    template_name = "rosters/version_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, program = self.request.user, program_or_404(self)
        delegations = list(office_delegations(user, program).with_figures())
        rows: dict[int, list[RosterVersion]] = {row.pk: [] for row in delegations}
        for version in RosterVersion.objects.visible_to(user).filter(delegation__in=delegations).defer("rows"):
            rows[version.delegation_id].append(version)
        newest = versions.latest_of(delegations)
        changes = versions.changes_of_many(newest.values())
        parts = [
            {"row": row, "versions": rows[row.pk], "changes": changes.get(row.pk, []), "may_export": access.may(user, "roster.lock", row)}
            for row in delegations
        ]
        locked = sum(bool(part["versions"]) for part in parts)
        return super().get_context_data(**kwargs, program=program, parts=parts, locked=locked, form=LockForm())


class LockRoster(ActionView):
    """Lock a delegation's roster as its next version."""

    access = "roster.lock"
    queryset = Delegation.objects.select_related("organisation", "program__organiser")

    def back(self, row: Any) -> str:
        return reverse("rosters:versions", args=[row.program_id])

    def act(self, row: Any) -> str:
        form = LockForm(self.request.POST)
        if not form.is_valid():
            raise RuleViolation("invalid", " ".join(error for errors in form.errors.values() for error in errors))
        version = versions.lock_roster(delegation=row, by=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("Version %(number)s of %(unit)s is locked.") % {"number": version.number, "unit": row.organisation.short})
        return self.back(row)


class VersionPage(Page):
    """One version as it was locked."""

    access = "audit.view"
    template_name = "rosters/version_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version = self.visible(VERSIONS, pk=self.kwargs["pk"])
        rows = versions.in_words(versions.readable(versions.values_in(version), self.request.user, version.delegation))
        return super().get_context_data(
            **kwargs,
            version=version,
            program=version.delegation.program,
            rows=rows,
            is_intact=versions.is_intact(version),
            may_export=access.may(self.request.user, "roster.lock", version),
        )


def siblings(version: RosterVersion) -> list[RosterVersion]:
    """All versions of the same delegation, newest first; whoever sees one sees all."""
    return list(RosterVersion.objects.filter(delegation=version.delegation_id).defer("rows"))


class ChangesPage(Page):
    """What is different since a version: now, or in the later version ?to=."""

    access = "audit.view"
    template_name = "rosters/version_changes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version = self.visible(VERSIONS, pk=self.kwargs["pk"])
        later = self.later(version)
        changes = versions.changes_since(version, later, self.request.user)
        later_ones = [row for row in siblings(version) if row.number > version.number]
        return super().get_context_data(
            **kwargs, version=version, program=version.delegation.program, later=later, later_ones=later_ones, changes=changes, counts=versions.counted(changes)
        )

    def later(self, version: RosterVersion) -> RosterVersion | None:
        wanted = number(self.request.GET, "to")
        return RosterVersion.objects.filter(delegation=version.delegation_id, number=wanted, number__gt=version.number).first() if wanted else None


class ExportVersion(AskExport):
    """The version as a PDF to print or as a workbook (`?kind=`): asks for a reason, is recorded, and waits among the own exports."""

    access = "roster.lock"
    form_class = VersionForm

    @cached_property
    def version(self) -> RosterVersion:
        found: RosterVersion = self.allowed(VERSIONS, pk=self.kwargs["pk"])
        return found

    def get_initial(self) -> dict[str, Any]:
        return {"kind": "xlsx"} if self.request.GET.get("kind") == "xlsx" else {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version, people = self.version, len(version_files.admitted(self.version))
        heading = _("%(unit)s, roster version %(number)s") % {"unit": version.delegation.organisation.short, "number": version.number}
        return super().get_context_data(
            **kwargs,
            heading=heading,
            subject=version.delegation.program,
            columns=titles(version_files.columns(version)),
            people=people,
            left_out=version.people - people,
            back_url=reverse("rosters:version", args=[version.pk]),
        )

    def make(self, form: Any) -> Export:
        return version_files.export_version(version=self.version, by=self.request.user, now=timezone.now(), **form.cleaned_data)
