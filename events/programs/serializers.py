"""Programs and series as JSON."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from events.kinds.registry import KIND_CHOICES, KINDS
from events.programs import naming
from events.programs.models import Program, Series
from exchange.api import ModelSerializer, VisibleField
from exchange.api_input import FIRST_YEAR, LAST_YEAR, CleanCharField, SaneDateField

# What an officer writes of a program, in the order of every answer; kind and details stand around it.
WRITTEN = [
    "title_zh",
    "title_en",
    "summary_zh",
    "summary_en",
    "series",
    "organiser",
    "co_organisers",
    "issuer",
    "host_division",
    "place_zh",
    "place_en",
    "starts_on",
    "ends_on",
    "registration_opens_at",
    "registration_closes_at",
    "visibility",
    "contact_name",
    "contact_phone",
    "minimum_attendance_percent",
    "credit_hours_cap",
    "hours_rule",
]


class DivisionField(VisibleField):
    """A code of GB/T 2260."""

    key = CleanCharField(max_length=6)


class OfficeField(VisibleField):
    """A bureau or commission that the caller may name."""

    def get_queryset(self) -> Any:
        return naming.known_offices(self.context["request"].user)


class NamedSerializer(serializers.Serializer[Any]):
    """A related row: its id and its name in the caller's language."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="__str__")


class PlaceSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(source="full_name")


class AddressesSerializer(serializers.Serializer[Any]):
    """Absolute addresses of a program's page and calendar."""

    page = serializers.SerializerMethodField()
    calendar = serializers.SerializerMethodField()

    def get_page(self, program: Program) -> str:
        return settings.SITE_URL + reverse("programs:public", args=[program.pk])

    def get_calendar(self, program: Program) -> str:
        return f"{self.get_page(program)}itinerary.ics"


def every_details_serializer() -> list[Any]:
    return [kind.serializer_class for kind in KINDS.values()]


@extend_schema_field(PolymorphicProxySerializer(component_name="ProgramDetails", serializers=every_details_serializer, resource_type_field_name=None))
class DetailsField(serializers.DictField):
    """What only the program's kind needs; written through the kind's own serializer."""


class ProgramSerializer(ModelSerializer):
    """A program as everyone reads it."""

    kind = serializers.ChoiceField(choices=KIND_CHOICES)
    kind_name = serializers.SerializerMethodField()
    series = NamedSerializer(allow_null=True)
    organiser = NamedSerializer()
    co_organisers = NamedSerializer(many=True)
    issuer = NamedSerializer(allow_null=True)
    host_division = PlaceSerializer(allow_null=True)
    phase = serializers.CharField()
    details = serializers.SerializerMethodField()
    urls = AddressesSerializer(source="*")

    class Meta:
        model = Program
        fields = [
            "id",
            "kind",
            "kind_name",
            *WRITTEN,
            "status",
            "status_reason",
            "phase",
            "details",
            "urls",
            "created_at",
            "updated_at",
        ]

    def get_kind_name(self, program: Program) -> str:
        return str(program.kind_rules.name)

    @extend_schema_field(PolymorphicProxySerializer(component_name="ProgramDetails", serializers=every_details_serializer, resource_type_field_name=None))
    def get_details(self, program: Program) -> Any:
        details = program.details
        return program.kind_rules.serializer_class(details).data if details else {}


class ProgramWriteSerializer(ModelSerializer):
    """A program as an officer writes it: related rows by id, `details` as the kind wants them."""

    kind = serializers.ChoiceField(choices=KIND_CHOICES)
    series = VisibleField(queryset=Series.objects.all(), allow_null=True, required=False)
    organiser = VisibleField(model="participants.Organisation")
    co_organisers = OfficeField(model="participants.Organisation", many=True, required=False)
    issuer = VisibleField(model="participants.Organisation", allow_null=True, required=False)
    host_division = DivisionField(model="participants.Division", allow_null=True, required=False)
    summary_zh = CleanCharField(max_length=5000, required=False, allow_blank=True)
    summary_en = CleanCharField(max_length=5000, required=False, allow_blank=True)
    minimum_attendance_percent = serializers.IntegerField(min_value=0, max_value=100, required=False)
    credit_hours_cap = serializers.DecimalField(max_digits=6, decimal_places=1, min_value=0, allow_null=True, required=False)
    details = DetailsField(required=False)

    class Meta:
        model = Program
        fields = ["kind", *WRITTEN, "details"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "details" in attrs:
            kind = self.instance.kind if self.instance else attrs["kind"]
            details = KINDS[kind].serializer_class(data=attrs["details"], partial=self.partial, context=self.context)
            if not details.is_valid():
                raise serializers.ValidationError({"details": details.errors})
            attrs["details"] = details.validated_data
        return attrs


class CopySerializer(serializers.Serializer[Any]):
    starts_on = SaneDateField()
    title_zh = CleanCharField(max_length=120)


class SeriesSerializer(ModelSerializer):
    name = serializers.CharField(source="__str__", read_only=True)
    organiser = NamedSerializer()
    page = serializers.SerializerMethodField()

    class Meta:
        model = Series
        fields = ["id", "name", "name_zh", "name_en", "year", "organiser", "page"]

    @extend_schema_field(OpenApiTypes.URI)
    def get_page(self, series: Series) -> str:
        return settings.SITE_URL + reverse("programs:series", args=[series.pk])


class SeriesWriteSerializer(ModelSerializer):
    year = serializers.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR)
    organiser = VisibleField(model="participants.Organisation")

    class Meta:
        model = Series
        fields = ["name_zh", "name_en", "year", "organiser"]
