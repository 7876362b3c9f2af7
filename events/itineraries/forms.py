"""Forms of venues, groups and itinerary items: shape only, the rules decide."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.itineraries.models import LONGEST, Group, ItineraryItem, Venue
from events.programs.models import Program
from exchange.api_input import FIRST_YEAR, LAST_YEAR
from exchange.pages import ManyRowsField, PageForm, PageModelForm, ReasonForm

ENDS_ON_HELP = _("Only for what lasts several days. What ends at an earlier hour than it begins, such as 22:30 to 1:10, ends on the next day by itself.")
SANE_DATES = [MinValueValidator(date(FIRST_YEAR, 1, 1)), MaxValueValidator(date(LAST_YEAR, 12, 31))]


class ItemForm(PageModelForm):
    """An item with its day and clock times. 22:30 to 1:10 ends on the next day; `ends_on` only where that is not so."""

    day = forms.DateField(label=_("Day"), validators=SANE_DATES)
    starts = forms.TimeField(label=_("From"))
    ends = forms.TimeField(label=_("Until"))
    ends_on = forms.DateField(label=_("Ends on another day"), required=False, validators=SANE_DATES, help_text=ENDS_ON_HELP)
    meeting_url = forms.URLField(label=_("Meeting link"), required=False, max_length=500, assume_scheme="https")

    class Meta:
        model = ItineraryItem
        field_classes: ClassVar[dict[str, Any]] = {"groups": ManyRowsField}
        fields: ClassVar[list[str]] = [
            "title_zh",
            "title_en",
            "item_type",
            "venue",
            "location",
            "host_organisation",
            "groups",
            "responsible",
            "credit_hours",
            "capacity",
            "travel_from",
            "travel_to",
            "carrier",
            "travel_number",
            "meeting_url",
            "description",
            "leader_notes",
            "is_public",
        ]
        widgets: ClassVar[dict[str, Any]] = {
            "groups": forms.CheckboxSelectMultiple,
            "description": forms.Textarea(attrs={"rows": 3}),
            "leader_notes": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "groups": _("None chosen means everyone."),
            "location": _("Within the venue, or instead of one: for instance the east gate."),
            "capacity": _("Only where fewer can take part than the venue holds."),
            "leader_notes": _("Only those who organise or take part see this; it is in no calendar."),
            "is_public": _("The public page and calendar then show everything but the notes for leaders, the meeting link too."),
        }

    def __init__(self, *args: Any, program: Program, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit(program, user)
        item = self.instance
        if item.pk:
            starts, ends = timezone.localtime(item.starts_at), timezone.localtime(item.ends_at)
            self.initial |= {"day": starts.date(), "starts": starts.time(), "ends": ends.time()}
            self.initial["ends_on"] = ends.date() if ends.date() != end_day(starts.date(), starts.time(), ends.time()) else None

    def limit(self, program: Program, user: Any) -> None:
        """Offer what the user sees: venues and hosts of their reach, groups of this program."""
        self.fields["groups"].queryset = Group.objects.filter(program=program)
        for name in ("venue", "host_organisation"):
            self.fields[name].empty_label = "—"
        self.fields["venue"].queryset = Venue.objects.visible_to(user)
        self.fields["host_organisation"].queryset = apps.get_model("participants.Organisation").objects.visible_to(user).filter(is_active=True)

    def clean(self) -> dict[str, Any]:
        """Put day and times together as moments of Beijing time."""
        cleaned = super().clean()
        day, starts, ends, ends_on = (cleaned.get(name) for name in ("day", "starts", "ends", "ends_on"))
        if day and starts and ends and "ends_on" not in self.errors:
            cleaned["starts_at"] = moment(day, starts)
            cleaned["ends_at"] = moment(ends_on or end_day(day, starts, ends), ends)
            self.check_length(cleaned["ends_at"] - cleaned["starts_at"])
        return cleaned

    def check_length(self, length: timedelta) -> None:
        field = "ends_on" if self.cleaned_data.get("ends_on") else "ends"
        if not length:
            self.add_error(field, _("The item begins and ends at the same time."))
        elif length < timedelta(0):
            self.add_error(field, _("The item ends before it begins."))
        elif length > LONGEST:
            self.add_error(field, _("An item lasts a year at most. Check the year of its end."))

    @property
    def is_carried_over(self) -> bool:
        """The end was taken for one on the next day."""
        data = self.cleaned_data
        return not data["ends_on"] and time(0) < data["ends"] < data["starts"]

    def facts(self) -> dict[str, Any]:
        """What the rules take."""
        names = [*self._meta.fields, "starts_at", "ends_at"]
        facts = {name: self.cleaned_data[name] for name in names}
        return facts | {"groups": list(facts["groups"])}


def moment(day: date, clock: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock))


def midnight_of_next(day: date, ends: time) -> date:
    """Until 0:00 means the midnight that closes the day."""
    return day + timedelta(days=1) if ends == time(0) else day


def end_day(day: date, starts: time, ends: time) -> date:
    """The next day for an end at an earlier hour than the begin; until 0:00 means the midnight that closes the day."""
    return day + timedelta(days=1) if ends < starts else midnight_of_next(day, ends)


class VenueForm(PageModelForm):
    class Meta:
        model = Venue
        fields: ClassVar[list[str]] = [
            "name_zh",
            "name_en",
            "owner",
            "division",
            "address_zh",
            "address_en",
            "capacity",
            "latitude",
            "longitude",
            "contact_name",
            "contact_phone",
        ]
        help_texts: ClassVar[dict[str, Any]] = {
            "owner": _("This office and everything below it may use the venue; its officers may change it."),
            "latitude": _("In degrees, for instance 31.491200. Map links use it."),
            "contact_phone": _("Shown to those who organise and those who come, never to the public."),
        }

    def __init__(self, *args: Any, owners: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners
        self.fields["division"].queryset = apps.get_model("participants.Division").objects.all()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if (cleaned.get("latitude") is None) != (cleaned.get("longitude") is None):
            self.add_error("longitude", _("Give both coordinates, or neither."))
        return cleaned


class GroupForm(PageModelForm):
    class Meta:
        model = Group
        fields: ClassVar[list[str]] = ["number", "name", "coach"]
        labels: ClassVar[dict[str, Any]] = {"name": pgettext_lazy("venue or group", "Name")}
        help_texts: ClassVar[dict[str, Any]] = {"coach": _("For instance coach 2; participants see it beside their itinerary.")}


class CancelForm(ReasonForm):
    """`hold` is offered where others know the item already."""

    hold = forms.BooleanField(label=_("Not yet: publish it together with other changes"), required=False)

    def __init__(self, *args: Any, may_hold: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_hold:
            del self.fields["hold"]


class EmptyForm(PageForm):
    """A page that only asks."""
