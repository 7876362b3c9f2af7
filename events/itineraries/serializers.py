"""The JSON of venues, groups and itinerary items."""

from typing import Any, ClassVar

from django.apps import apps
from django.utils.translation import gettext as _
from rest_framework import serializers

from events.itineraries.models import Group, ItineraryItem, Venue
from events.programs.models import Program
from exchange.api import ModelSerializer
from exchange.validators import no_control_characters


class VisibleField(serializers.PrimaryKeyRelatedField):
    """A reference to a row that the user sees; a foreign one is as good as none."""

    def __init__(self, model: str, **kwargs: Any) -> None:
        self.rows = apps.get_model(model)._default_manager
        super().__init__(**({"queryset": self.rows.none()} | kwargs))

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        return self.rows.visible_to(request.user) if request is not None else self.rows.none()

    def to_internal_value(self, data: Any) -> Any:
        no_control_characters(data)
        return super().to_internal_value(data)


class InsiderSerializer(ModelSerializer):
    """Leaves `inside_fields` out for readers from outside; the queryset carries `is_inside` (see with_insight)."""

    inside_fields: ClassVar[frozenset[str]] = frozenset()

    def to_representation(self, row: Any) -> dict[str, Any]:
        shown = super().to_representation(row)
        if getattr(row, "is_inside", False):
            return shown
        return {name: value for name, value in shown.items() if name not in self.inside_fields}


class VenueSerializer(InsiderSerializer):
    """The contact person is shown to those who keep the venue or go there."""

    inside_fields = frozenset({"contact_name", "contact_phone"})
    owner = VisibleField("participants.Organisation")
    division = VisibleField("participants.Division", required=False, allow_null=True)

    class Meta:
        model = Venue
        fields: ClassVar[list[str]] = [
            "id",
            "owner",
            "name_zh",
            "name_en",
            "address_zh",
            "address_en",
            "division",
            "latitude",
            "longitude",
            "capacity",
            "contact_name",
            "contact_phone",
        ]


class GroupSerializer(ModelSerializer):
    program = VisibleField("events.Program")

    class Meta:
        model = Group
        fields: ClassVar[list[str]] = ["id", "program", "number", "name", "coach"]
        validators: ClassVar[list[Any]] = []  # the number's uniqueness is the rule's, which answers 409

    def validate_program(self, program: Program) -> Program:
        return fixed(self.instance, "program", program)


class ItineraryItemSerializer(InsiderSerializer):
    """`groups` empty means everyone. `leader_notes` only for those who organise or take part."""

    inside_fields = frozenset({"leader_notes"})
    program = VisibleField("events.Program")
    venue = VisibleField("events.Venue", required=False, allow_null=True)
    host_organisation = VisibleField("participants.Organisation", required=False, allow_null=True)
    groups = VisibleField("events.Group", many=True, required=False)

    class Meta:
        model = ItineraryItem
        fields: ClassVar[list[str]] = [
            "id",
            "program",
            "item_type",
            "title_zh",
            "title_en",
            "starts_at",
            "ends_at",
            "venue",
            "location",
            "host_organisation",
            "groups",
            "responsible",
            "description",
            "leader_notes",
            "credit_hours",
            "capacity",
            "meeting_url",
            "travel_from",
            "travel_to",
            "carrier",
            "travel_number",
            "is_public",
            "uid",
            "sequence",
            "status",
            "status_reason",
            "previous_starts_at",
            "changed_at",
        ]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "starts_at": {"help_text": "Date and time with offset, such as 2026-12-14T22:30:00+08:00."},
            "ends_at": {"help_text": "The same. What goes on past midnight ends on the next day: 2026-12-15T01:10:00+08:00. At most 366 days after the begin."},
        }
        read_only_fields: ClassVar[list[str]] = ["uid", "sequence", "status", "status_reason", "previous_starts_at", "changed_at"]

    def validate_program(self, program: Program) -> Program:
        return fixed(self.instance, "program", program)


def fixed(row: Any, name: str, value: Any) -> Any:
    """Refuse another value for what a row was made with."""
    if row is not None and getattr(row, name) != value:
        raise serializers.ValidationError(_("This stays with the program it was made for."), code="fixed")
    return value
