"""Named filters of the itinerary's lists."""

from typing import Any, ClassVar

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from events.itineraries.models import Group, ItemStatus, ItemType, ItineraryItem, Venue
from events.programs.models import Program
from exchange.api import FilterSet, SaneDateFilter


def visible_choice(model: type[Any]) -> Any:
    """Choices that the user of the request sees, so that a filter tells nothing about other rows."""
    return lambda request: model.objects.visible_to(request.user) if request is not None else model.objects.none()


class ItineraryItemFilters(FilterSet):
    """`day` is a date in Beijing time; `group` gives what that group does, everyone's items included."""

    program = django_filters.ModelChoiceFilter(queryset=visible_choice(Program))
    day = SaneDateFilter(field_name="starts_at", lookup_expr="date")
    group = django_filters.ModelChoiceFilter(queryset=visible_choice(Group), method="of_group")
    item_type = django_filters.ChoiceFilter(choices=ItemType.choices)
    status = django_filters.ChoiceFilter(choices=ItemStatus.choices)
    venue = django_filters.ModelChoiceFilter(queryset=visible_choice(Venue))

    class Meta:
        model = ItineraryItem
        fields: ClassVar[list[str]] = ["program", "day", "group", "item_type", "status", "venue"]

    @extend_schema_field(OpenApiTypes.INT)
    def of_group(self, rows: Any, name: str, group: Group) -> Any:
        return rows.filter(program_id=group.program_id).for_group(group.pk).distinct()


class GroupFilters(FilterSet):
    program = django_filters.ModelChoiceFilter(queryset=visible_choice(Program))

    class Meta:
        model = Group
        fields: ClassVar[list[str]] = ["program"]


class VenueFilters(FilterSet):
    class Meta:
        model = Venue
        fields: ClassVar[list[str]] = ["division"]
