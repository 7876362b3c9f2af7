"""Pages of venues and of a program's groups."""

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from events.itineraries import rules
from events.itineraries.forms import GroupForm, VenueForm
from events.itineraries.models import Group, Venue
from events.itineraries.pages import CLOSED, PROGRAMS, Confirmation, may_plan
from events.programs.models import Program
from exchange import access
from exchange.access import OFFICER, under
from exchange.pages import RuleFormView, ScopedList

VENUES = Venue.objects.select_related("owner", "division")
GROUPS = Group.objects.select_related("program__organiser")


def groups_url(program_id: int) -> str:
    return reverse("itineraries:groups", args=[program_id])


def offices_of(user: Any) -> Any:
    """Offices for which the user may keep venues and templates."""
    rows = apps.get_model("participants.Organisation").objects.filter(is_active=True, level__in=["commission", "bureau"])
    return rows if user.is_superuser else rows.filter(under(user, "", (OFFICER,)))


class VenueList(ScopedList):
    """`/desk/venues/`."""

    access = "signed_in"
    queryset = VENUES
    template_name = "itineraries/venues.html"
    context_object_name = "venues"
    search_fields = ["name_zh", "name_en", "address_zh", "division__full_name"]
    ordering_fields = ["name_zh", "capacity"]

    def get_queryset(self) -> Any:
        return super().get_queryset().with_insight(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        for venue in context["venues"]:
            venue.can_change = access.may(self.request.user, "venue.change", venue)
        return context | {"can_add": access.may(self.request.user, "venue.change"), "programs": self.programs_ahead()}

    def programs_ahead(self) -> Any:
        """The next itineraries to work on: from here one comes to their day boards."""
        user = self.request.user
        mine = Program.objects.visible_to(user) if user.is_superuser else Program.objects.filter(under(user, "organiser", (OFFICER,)))
        return mine.exclude(status__in=CLOSED).filter(ends_on__gte=timezone.localdate()).order_by("starts_on", "pk")[:6]


class VenuePage(RuleFormView):
    """Base: add a venue, or change the one of the address."""

    access = "venue.change"
    template_name = "itineraries/venue_form.html"
    form_class = VenueForm

    @cached_property
    def venue(self) -> Venue | None:
        return self.allowed(VENUES, pk=self.kwargs["pk"]) if "pk" in self.kwargs else None

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.venue, "owners": offices_of(self.request.user)}

    def get_initial(self) -> dict[str, Any]:
        return {} if self.venue else {"owner": offices_of(self.request.user).order_by("path").first()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(venue=self.venue, **kwargs)

    def apply(self, form: Any) -> str:
        venue = rules.save_venue(venue=self.venue, by=self.request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("“%(name)s” is saved.") % {"name": venue})
        return reverse("itineraries:venues")


class DeleteVenue(Confirmation):
    access = "venue.change"

    @cached_property
    def venue(self) -> Venue:
        return self.allowed(VENUES, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Delete “%(name)s”") % {"name": self.venue},
            sentence=_("A venue that an itinerary uses stays. Any other is gone for good."),
            submit_label=_("Delete this venue"),
            back_url=reverse("itineraries:venues"),
            **kwargs,
        )

    def apply(self, form: Any) -> str:
        name = str(self.venue)
        rules.delete_row(row=self.venue, by=self.request.user)
        messages.success(self.request, _("“%(name)s” is deleted.") % {"name": name})
        return reverse("itineraries:venues")


class GroupList(RuleFormView):
    """`/desk/programs/<pk>/groups/`: the groups, and for organisers a form to add one."""

    access = "group.change"
    template_name = "itineraries/groups.html"
    form_class = GroupForm

    @cached_property
    def program(self) -> Program:
        return self.allowed(PROGRAMS, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        number = max(self.program.groups.values_list("number", flat=True), default=0) + 1
        return {"number": number, "name": _("Group %(number)s") % {"number": number}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups = self.program.groups.annotate(people=Count("registrations", distinct=True), planned=Count("items", distinct=True))
        return super().get_context_data(program=self.program, groups=groups, can_change=may_plan(self.request.user, self.program), **kwargs)

    def apply(self, form: GroupForm) -> str:
        group = rules.save_group(program=self.program, by=self.request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("“%(name)s” is saved.") % {"name": group})
        return groups_url(self.program.pk)


class EditGroup(RuleFormView):
    access = "group.change"
    template_name = "itineraries/group_form.html"
    form_class = GroupForm

    @cached_property
    def group(self) -> Group:
        return self.allowed(GROUPS, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.group}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(group=self.group, program=self.group.program, back_url=groups_url(self.group.program_id), **kwargs)

    def apply(self, form: Any) -> str:
        group = rules.save_group(group=self.group, by=self.request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("“%(name)s” is saved.") % {"name": group})
        return groups_url(self.group.program_id)


class DeleteGroup(Confirmation):
    access = "group.change"

    @cached_property
    def group(self) -> Group:
        return self.allowed(GROUPS, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Delete “%(name)s”") % {"name": self.group},
            sentence=_("A group with items or participants stays. Any other is gone for good."),
            submit_label=_("Delete this group"),
            back_url=groups_url(self.group.program_id),
            **kwargs,
        )

    def apply(self, form: Any) -> str:
        name, back = str(self.group), groups_url(self.group.program_id)
        rules.delete_row(row=self.group, by=self.request.user)
        messages.success(self.request, _("“%(name)s” is deleted.") % {"name": name})
        return back
