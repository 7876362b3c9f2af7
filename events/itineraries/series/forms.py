"""The form of a series: shape only."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.apps import apps
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.itineraries.forms import SANE_DATES
from events.itineraries.models import Group, ItemType, Venue
from events.itineraries.series.models import LessonSeries
from events.itineraries.series.recurrence import days
from events.itineraries.series.rules import SAID
from events.programs.models import Program
from exchange.pages import ManyRowsField, PageForm

WEEKDAYS = [(1, _("Monday")), (2, _("Tuesday")), (3, _("Wednesday")), (4, _("Thursday")), (5, _("Friday")), (6, _("Saturday")), (7, _("Sunday"))]
HOSTS = ("host_1", "host_2", "host_3", "host_4")
LONGEST_DAYS = 800


class SeriesForm(PageForm):
    """Title and rule, place and hosts, and what every lesson says."""

    title_zh = forms.CharField(label=_("title (Chinese)"), max_length=120)
    title_en = forms.CharField(label=_("title (English)"), max_length=200, required=False)
    item_type = forms.ChoiceField(label=_("type"), choices=ItemType, initial=ItemType.LESSON)
    weekdays = forms.TypedMultipleChoiceField(label=_("Weekdays"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple)
    every = forms.TypedChoiceField(label=_("How often"), choices=[(1, _("Every week")), (2, _("Every two weeks"))], coerce=int, initial=1)
    first = forms.DateField(label=pgettext_lazy("series", "From"), validators=SANE_DATES)
    last = forms.DateField(label=_("Not after"), validators=SANE_DATES)
    starts = forms.TimeField(label=_("Begins"))
    ends = forms.TimeField(label=_("Ends"))
    skip_holidays = forms.BooleanField(label=_("Leave out public holidays"), required=False, initial=True)
    without = forms.CharField(label=_("Also without"), required=False, max_length=500, help_text=_("Dates such as 2027-01-05, separated by commas."))
    host_1: Any = forms.ModelChoiceField(None, label=_("First host"), required=False, empty_label="—")
    host_2: Any = forms.ModelChoiceField(None, label=_("Second host"), required=False, empty_label="—", help_text=_("With several hosts they take turns."))
    host_3: Any = forms.ModelChoiceField(None, label=_("Third host"), required=False, empty_label="—")
    host_4: Any = forms.ModelChoiceField(None, label=_("Fourth host"), required=False, empty_label="—")
    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("venue"), required=False, empty_label="—")
    location = forms.CharField(label=_("meeting point"), max_length=120, required=False)
    meeting_url = forms.URLField(label=_("Meeting link"), required=False, max_length=500, assume_scheme="https")
    groups = ManyRowsField(
        Group.objects.none(), label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None chosen means everyone.")
    )
    responsible = forms.CharField(label=_("responsible"), max_length=60, required=False)
    credit_hours = forms.DecimalField(label=_("Credit hours of each lesson"), min_value=0, max_digits=5, decimal_places=1, initial=0)
    description = forms.CharField(label=_("description"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    is_public = forms.BooleanField(label=_("shown to the public"), required=False, initial=True)

    def __init__(self, *args: Any, program: Program, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"].queryset = program.groups.all()  # type: ignore[attr-defined]
        self.fields["venue"].queryset = Venue.objects.visible_to(user)  # type: ignore[attr-defined]
        for name in HOSTS:
            hosts = apps.get_model("participants.Organisation").objects.visible_to(user).filter(is_active=True)
            self.fields[name].queryset = hosts  # type: ignore[attr-defined]

    def clean_without(self) -> list[date]:
        words = [word for word in re.split(r"[,，、;；\s]+", self.cleaned_data["without"]) if word]
        try:
            found = [parse_date(word) for word in words]
        except ValueError:
            found = [None]
        if None in found:
            raise forms.ValidationError(_("Write dates as 2027-01-05, separated by commas."))
        return [day for day in found if day]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last, starts, ends = (cleaned.get(name) for name in ("first", "last", "starts", "ends"))
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first lesson."))
        elif first and last and (last - first).days > LONGEST_DAYS:
            self.add_error("last", _("At most two years at once."))
        if starts and ends:
            cleaned["minutes"] = minutes_between(starts, ends)
            if cleaned["minutes"] <= 0:
                self.add_error("ends", _("The item ends before it begins."))
        return cleaned

    def facts(self) -> dict[str, Any]:
        """What the rules take."""
        data = self.cleaned_data
        rule = {name: data[name] for name in ("weekdays", "every", "first", "last", "starts", "minutes", "skip_holidays", *SAID)}
        hosts = [data[name] for name in HOSTS if data[name] is not None]
        return rule | {"without": [day.isoformat() for day in sorted(set(data["without"]))], "hosts": hosts, "groups": list(data["groups"])}


def minutes_between(starts: time, ends: time) -> int:
    """Until 0:00 means the midnight that closes the day."""
    begin, end = (datetime.combine(date(2000, 1, 1), clock) for clock in (starts, ends))
    return int(((end if ends != time(0) else end + timedelta(days=1)) - begin).total_seconds() // 60)


def initial_of(series: LessonSeries, since: date) -> dict[str, Any]:
    """The form of a series as it goes on from a day: the host whose turn it is then comes first."""
    same = {name: getattr(series, name) for name in ("weekdays", "every", "first", "last", "starts", "skip_holidays", *SAID)}
    turn = sum(day < since for day in days(series.rule)) % max(len(series.hosts), 1)
    hosts = dict(zip(HOSTS, (host.pk for host in series.hosts[turn:] + series.hosts[:turn]), strict=False))
    return same | hosts | {"first": since, "ends": series.end_clock, "without": ", ".join(series.without), "groups": list(series.groups.all())}
