"""Locked versions of rosters under /api/v1/roster-versions/; locking itself is a verb of the delegation."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from exchange.api import FilterSet, IdFilter, ModelSerializer, ScopedViewSet
from exchange.api_input import CleanCharField
from participants.people.export_api import ExportSerializer
from participants.rosters import version_files, versions
from participants.rosters.models import RosterVersion

MOST_VERSIONS = 1_000_000


class LockSerializer(serializers.Serializer[Any]):
    note = CleanCharField(max_length=200, required=False, allow_blank=True, default="")


class VersionSerializer(ModelSerializer):
    program = serializers.IntegerField(source="delegation.program_id", read_only=True)
    organisation_name = serializers.CharField(source="delegation.organisation", read_only=True)

    class Meta:
        model = RosterVersion
        fields: ClassVar[list[str]] = ["id", "program", "delegation", "organisation_name", "number", "locked_at", "locked_by_name", "people", "sha256", "note"]
        read_only_fields = fields


class VersionRowSerializer(serializers.Serializer[Any]):
    """One person of a version; numbers are masked."""

    registration = serializers.IntegerField()
    name = serializers.CharField()
    gender = serializers.CharField()
    birth_on = serializers.CharField()
    national_id = serializers.CharField()
    phone = serializers.CharField()
    unit = serializers.CharField()
    position = serializers.CharField()
    professional_title = serializers.CharField()
    stage = serializers.CharField(default="")  # versions of the first format say none
    subject = serializers.CharField()
    role = serializers.CharField()
    group = serializers.CharField()
    status = serializers.CharField()


class FullVersionSerializer(VersionSerializer):
    is_intact = serializers.SerializerMethodField()
    rows = serializers.SerializerMethodField()

    class Meta(VersionSerializer.Meta):
        fields: ClassVar[list[str]] = [*VersionSerializer.Meta.fields, "is_intact", "rows"]
        read_only_fields = fields

    def get_is_intact(self, version: RosterVersion) -> bool:
        return versions.is_intact(version)

    @extend_schema_field(VersionRowSerializer(many=True))
    def get_rows(self, version: RosterVersion) -> Any:
        rows = versions.readable(versions.values_in(version), self.context["request"].user, version.delegation)
        return VersionRowSerializer(rows, many=True).data


class FieldChangeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class VersionChangeSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=sorted(versions.KIND_WORDS))
    registration = serializers.IntegerField()
    name = serializers.CharField()
    unit = serializers.CharField()
    former = serializers.CharField()
    note = serializers.CharField()
    fields_changed = FieldChangeSerializer(many=True)


class VersionChangesSerializer(serializers.Serializer[Any]):
    since = serializers.IntegerField()
    to = serializers.IntegerField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())
    changes = VersionChangeSerializer(many=True)


class VersionFilter(FilterSet):
    program = IdFilter("delegation__program_id")
    delegation = IdFilter("delegation_id")

    class Meta:
        model = RosterVersion
        fields: ClassVar[list[str]] = []


def as_data(change: versions.Change) -> dict[str, Any]:
    fields = [{"field": label, "before": before, "after": after} for label, before, after in change.fields]
    return {name: getattr(change, name) for name in ("kind", "registration", "name", "unit", "former", "note")} | {"fields_changed": fields}


class AskVersionSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=sorted(version_files.TYPES), default="pdf")
    reason = CleanCharField(max_length=500)


class RosterVersionViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Rosters as they were locked; offices alone see them. A version is never changed or deleted."""

    queryset = RosterVersion.objects.select_related("delegation__organisation", "delegation__program__organiser")
    serializer_class = VersionSerializer
    filterset_class = VersionFilter
    ordering_fields: ClassVar[list[str]] = ["id", "number", "locked_at"]
    access: ClassVar[dict[str, str]] = {"list": "signed_in", "retrieve": "signed_in", "changes": "signed_in", "export": "roster.lock"}

    def get_serializer_class(self) -> Any:
        return FullVersionSerializer if self.action == "retrieve" else VersionSerializer

    @extend_schema(request=AskVersionSerializer, responses={201: ExportSerializer})
    @action(detail=True, methods=["post"])
    def export(self, request: Request, pk: str) -> Response:
        """The roster to print or as a workbook: a file for the caller alone, to be fetched from `file` within 24 hours."""
        version = self.get_object()
        form = AskVersionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = version_files.export_version(version=version, by=request.user, now=timezone.now(), **form.validated_data)
        return Response(ExportSerializer(made).data, status=201)

    @extend_schema(
        parameters=[OpenApiParameter("to", int, description="A later version's number; without it, the roster as it is now.")],
        responses=VersionChangesSerializer,
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def changes(self, request: Request, pk: str) -> Response:
        """What is different since this version: now, or in a later one."""
        version = self.get_object()
        later = self.later(version, request.query_params.get("to", ""))
        found = versions.changes_since(version, later, request.user)
        return Response(
            {"since": version.number, "to": later.number if later else None, "counts": versions.counted(found), "changes": [as_data(row) for row in found]}
        )

    def later(self, version: RosterVersion, wanted: str) -> RosterVersion | None:
        if not wanted:
            return None
        number = serializers.IntegerField(min_value=1, max_value=MOST_VERSIONS).run_validation(wanted)
        found = RosterVersion.objects.filter(delegation=version.delegation_id, number=number, number__gt=version.number).first()
        if found is None:
            raise serializers.ValidationError({"to": [_("There is no later version of this number.")]}, code="does_not_exist")
        return found
