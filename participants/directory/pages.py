"""The directory's pages at the desk: the tree of organisations, who works there, invitations."""

from typing import Any, ClassVar

import segno
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from exchange import access
from exchange.pages import Page, PageForm, RuleFormView, ScopedList
from participants.directory import rules
from participants.directory.forms import InvitationForm, MembershipForm, OrganisationForm
from participants.directory.models import Invitation, Membership, Organisation, OrganisationLevel, User
from participants.directory.shown_once import hand_over, take
from participants.people.models import Person


def address_of(organisation: Organisation) -> str:
    return reverse("directory:organisation", args=[organisation.pk])


# Organisations ---------------------------------------------------------------------------------------------------------


def add_counts(user: User, organisations: list[Organisation]) -> None:
    """Give every row `people_count` and `account_count`, the numbers of its subtree; None where the user does not look inside."""
    inside = access.EVERYTHING if user.is_superuser else access.under(user, "organisation")
    people = list(Person.objects.filter(inside).order_by().values_list("organisation__path").annotate(Count("pk")))
    members = set(Membership.objects.filter(inside, user__is_active=True).order_by().values_list("organisation__path", "user_id"))
    for row in organisations:
        row.depth = min(row.path.count("/") - 2, 4)
        row.people_count = row.account_count = None
        if user.is_superuser or access.has_role(user, row, *access_roles):
            row.people_count = sum(number for path, number in people if path.startswith(row.path))
            row.account_count = len({member for path, member in members if path.startswith(row.path)})


access_roles = (access.OFFICER, access.VIEWER, access.COORDINATOR)


class Organisations(ScopedList):
    """The tree, one row per organisation, narrowed by level, by subtree and by words."""

    access = "signed_in"
    template_name = "directory/organisations.html"
    context_object_name = "organisations"
    queryset = Organisation.objects.select_related("parent", "division").order_by("path")
    search_fields = ["name_zh", "name_en", "short_name", "aliases__name", "division__full_name"]

    def get_queryset(self) -> QuerySet[Organisation]:
        rows = super().get_queryset().distinct()
        self.top = self.chosen_top()
        if self.top is not None:
            rows = rows.filter(path__startswith=self.top.path)
        self.level_counts = dict(rows.order_by().values_list("level").annotate(Count("pk", distinct=True)))
        self.level = self.request.GET.get("level", "")
        return rows.filter(level=self.level) if self.level in OrganisationLevel.values else rows

    def chosen_top(self) -> Organisation | None:
        asked = self.request.GET.get("under", "")
        return self.visible(Organisation.objects, pk=int(asked)) if asked.isdecimal() and len(asked) < 19 else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        add_counts(self.request.user, list(context["organisations"]))
        return {
            **context,
            "views": [self.view("", _("All"), sum(self.level_counts.values()))]
            + [self.view(value, label, self.level_counts.get(value, 0)) for value, label in OrganisationLevel.choices],
            "top": self.top,
            "is_narrowed": bool(self.request.GET.get("q") or self.level or self.top),
            "may_create": access.may(self.request.user, "organisation.create"),
        }

    def view(self, value: str, label: Any, count: int) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("page", None)
        query["level"] = value
        return {"label": label, "count": count, "url": f"?{query.urlencode()}", "current": value == self.level}


class OrganisationPage(Page):
    """One organisation: what it is called, what stands below it, who works there, whom it invited."""

    access = "signed_in"
    template_name = "directory/organisation.html"
    CHILDREN_SHOWN = 30

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        organisation = self.visible(Organisation.objects.select_related("division").prefetch_related("aliases"), pk=self.kwargs["pk"])
        children = Organisation.objects.visible_to(user).filter(parent=organisation).order_by("path")
        shown = list(children[: self.CHILDREN_SHOWN])
        add_counts(user, [organisation, *shown])
        return {
            **super().get_context_data(**kwargs),
            "organisation": organisation,
            "ancestors": Organisation.objects.filter(pk__in=organisation.lineage[:-1]).order_by("path"),
            "children": shown,
            "child_count": children.count(),
            "members": self.members(organisation),
            "invitations": Invitation.objects.visible_to(user).open(timezone.now()).filter(organisation=organisation),
            "may_change": access.may(user, "organisation.change", organisation),
            "may_see_inside": organisation.people_count is not None,
        }

    def members(self, organisation: Organisation) -> list[Membership]:
        user = self.request.user
        second_factor = Exists(Authenticator.objects.filter(user_id=OuterRef("user_id"), type="totp"))
        rows = Membership.objects.visible_to(user).filter(organisation=organisation).annotate(second_factor=second_factor)
        members = list(rows.select_related("user").prefetch_related("user__memberships__organisation").order_by("role", "user__display_name", "pk"))
        for row in members:
            row.may_switch = row.user_id != user.pk and access.may(user, "user.change", row.user)
        return members


class OrganisationEditor(RuleFormView):
    """Base of both forms."""

    template_name = "directory/organisation_form.html"
    form_class = OrganisationForm
    organisation: Organisation | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user, "instance": self.organisation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = address_of(self.organisation) if self.organisation else reverse("directory:organisations")
        return {**super().get_context_data(**kwargs), "organisation": self.organisation, "back_url": back}


class CreateOrganisation(OrganisationEditor):
    access = "organisation.create"

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("parent", "")
        parent = Organisation.objects.visible_to(self.request.user).filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
        return {
            "parent": parent,
            "level": {"commission": "bureau", "bureau": "school"}.get(parent.level, "") if parent else "",
            "division": parent and parent.division,
        }

    def apply(self, form: OrganisationForm) -> str:
        rules.require_place(by=self.request.user, parent=form.cleaned_data["parent"])
        organisation = rules.create_organisation(by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("%(name)s was added.") % {"name": organisation})
        return address_of(organisation)


class EditOrganisation(OrganisationEditor):
    access = "organisation.change"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            self.organisation = self.allowed(Organisation.objects, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def apply(self, form: OrganisationForm) -> str:
        before = Organisation.objects.get(pk=self.organisation.pk)
        rules.require_place(by=self.request.user, parent=form.cleaned_data.get("parent", before.parent), organisation=before)
        rules.change_organisation(organisation=before, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("Saved."))
        return address_of(before)


# People who sign in ----------------------------------------------------------------------------------------------------


class AtOrganisation(RuleFormView):
    """A form about one organisation that the user keeps."""

    organisation: Organisation

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            self.organisation = self.allowed(Organisation.objects, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "organisation": self.organisation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "organisation": self.organisation, "back_url": address_of(self.organisation)}


class Invite(AtOrganisation):
    """Make a one-time link; the next page shows it once."""

    access = "user.invite"
    template_name = "directory/invite.html"
    form_class = InvitationForm

    def apply(self, form: InvitationForm) -> str:
        invitation, token = rules.invite(by=self.request.user, organisation=self.organisation, now=timezone.now(), **form.cleaned_data)
        hand_over(self.request, f"invitation.{invitation.pk}", rules.invitation_link(token))
        return reverse("directory:invitation_link", args=[invitation.pk])


@method_decorator(never_cache, name="dispatch")
class InvitationLink(Page):
    access = "user.invite"
    template_name = "directory/invitation_link.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        invitation = self.visible(Invitation.objects.select_related("organisation"), pk=self.kwargs["pk"])
        link = take(self.request, f"invitation.{invitation.pk}")
        picture = mark_safe(segno.make(link, error="m").svg_inline(scale=4, border=2, dark="#1b232c", light="#fff")) if link else ""
        return {**super().get_context_data(**kwargs), "invitation": invitation, "link": link, "picture": picture}


class GiveRole(AtOrganisation):
    """One more role for somebody who has an account already."""

    access = "membership.change"
    template_name = "directory/give_role.html"
    form_class = MembershipForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "by": self.request.user}

    def apply(self, form: MembershipForm) -> str:
        rules.add_membership(organisation=self.organisation, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("%(name)s has the role now.") % {"name": form.cleaned_data["user"]})
        return address_of(self.organisation)


class Confirm(RuleFormView):
    """A page that asks before a step; `row` is visible (404) and the user may act upon it (403)."""

    template_name = "components/confirm.html"
    form_class = PageForm
    queryset: ClassVar[Any] = None
    submit_class: ClassVar[str] = "btn-danger"
    row: Any = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            self.row = self.allowed(self.queryset.all(), pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def words(self) -> dict[str, str]:
        """heading, sentence, submit_label, back_url."""
        raise NotImplementedError(f"{type(self).__name__}.words")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "submit_class": self.submit_class, **self.words()}


def desk_of(user: User) -> str:
    return address_of(user.organisation) if user.organisation else reverse("directory:organisations")


class DeactivateUser(Confirm):
    access = "user.change"
    queryset = User.objects.prefetch_related("memberships__organisation")

    def words(self) -> dict[str, str]:
        return {
            "heading": _("Deactivate the account of %(name)s?") % {"name": self.row},
            "sentence": _("%(name)s is signed out at once, and all API tokens of this account stop working. You can activate it again later.")
            % {"name": self.row},
            "submit_label": _("Deactivate account"),
            "back_url": desk_of(self.row),
        }

    def apply(self, form: PageForm) -> str:
        rules.set_active(user=self.row, by=self.request.user, active=False)
        messages.success(self.request, _("The account of %(name)s is deactivated.") % {"name": self.row})
        return desk_of(self.row)


class ActivateUser(Confirm):
    access = "user.change"
    queryset = User.objects.prefetch_related("memberships__organisation")
    submit_class = "btn-primary"

    def words(self) -> dict[str, str]:
        return {
            "heading": _("Activate the account of %(name)s?") % {"name": self.row},
            "sentence": _("%(name)s can sign in again with the former password.") % {"name": self.row},
            "submit_label": _("Activate account"),
            "back_url": desk_of(self.row),
        }

    def apply(self, form: PageForm) -> str:
        rules.set_active(user=self.row, by=self.request.user, active=True)
        messages.success(self.request, _("The account of %(name)s is active again.") % {"name": self.row})
        return desk_of(self.row)


class RemoveMembership(Confirm):
    access = "membership.change"
    queryset = Membership.objects.select_related("user", "organisation")

    def words(self) -> dict[str, str]:
        named = {"name": self.row.user, "role": self.row.get_role_display(), "organisation": self.row.organisation}
        return {
            "heading": _("Take this role away?"),
            "sentence": _("%(name)s will no longer be %(role)s of %(organisation)s. The account itself stays.") % named,
            "submit_label": _("Take role away"),
            "back_url": address_of(self.row.organisation),
        }

    def apply(self, form: PageForm) -> str:
        rules.remove_membership(membership=self.row, by=self.request.user)
        messages.success(self.request, _("The role was taken away."))
        return address_of(self.row.organisation)


class RevokeInvitation(Confirm):
    access = "user.invite"
    queryset = Invitation.objects.select_related("organisation")

    def words(self) -> dict[str, str]:
        return {
            "heading": _("Revoke the invitation of %(name)s?") % {"name": self.row.display_name},
            "sentence": _("The link stops working at once. You can invite the same person again."),
            "submit_label": _("Revoke invitation"),
            "back_url": address_of(self.row.organisation),
        }

    def apply(self, form: PageForm) -> str:
        rules.revoke_invitation(invitation=self.row, by=self.request.user, now=timezone.now())
        messages.success(self.request, _("The invitation was revoked."))
        return address_of(self.row.organisation)
