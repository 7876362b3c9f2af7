"""Files of personal data under /api/v1/exports/: ask with a reason, look at one's own, download for a day."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from events.programs.models import Program
from exchange.api import ModelSerializer, ScopedViewSet, VisibleField
from exchange.api_input import CleanCharField
from participants.attendance import hour_files
from participants.attendance.papers import hours_of
from participants.certificates import sight
from participants.certificates.ledger_files import export_ledger
from participants.certificates.models import Certificate
from participants.people.export_pages import file_answer, own_exports
from participants.people.models import Export
from participants.rosters.export import export_roster
from participants.rosters.models import Registration


class ExportSerializer(ModelSerializer):
    """What was asked for, without the file itself; `file` is its address."""

    file = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields: ClassVar[list[str]] = [
            "id",
            "program",
            "file_name",
            "content_type",
            "rows",
            "left_out",
            "full_numbers",
            "reason",
            "created_at",
            "expires_at",
            "downloads",
            "file",
        ]
        read_only_fields = fields

    def get_file(self, export: Export) -> str:
        return reverse("api:exports-file", args=[export.pk])


class ExportOrderSerializer(serializers.Serializer[Any]):
    program = VisibleField(queryset=Program.objects.select_related("organiser"))
    what = serializers.ChoiceField(choices=["roster", "hours", "register", "ledger"])
    reason = CleanCharField(max_length=500)
    full_numbers = serializers.BooleanField(required=False, default=False, help_text="Of the roster and the register, where the caller may look at them.")


def make_roster(user: Any, *, program: Program, **fields: Any) -> Export:
    rows = Registration.objects.visible_to(user).filter(program=program).active().for_list()
    return export_roster(program=program, registrations=rows, by=user, **fields)


def make_hours(user: Any, *, program: Program, full_numbers: bool, **fields: Any) -> Export:
    return hour_files.export_hours(program=program, rows=hours_of(program, user), by=user, **fields)


def make_register(user: Any, *, program: Program, **fields: Any) -> Export:
    return hour_files.export_register(program=program, rows=hours_of(program, user), by=user, **fields)


def make_ledger(user: Any, *, program: Program, full_numbers: bool, **fields: Any) -> Export:
    rows = sight.for_reading(Certificate.objects.visible_to(user).filter(program=program).for_list().select_related("replaced_by"), user)
    return export_ledger(certificates=rows, program=program, by=user, **fields)


MAKERS: dict[str, Callable[..., Export]] = {"roster": make_roster, "hours": make_hours, "register": make_register, "ledger": make_ledger}


class ExportViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """The caller's own files that have not expired; nobody else sees them, not even an administrator."""

    queryset = Export.objects.all()
    serializer_class = ExportSerializer
    ordering_fields: ClassVar[list[str]] = ["id", "created_at"]
    access: ClassVar[dict[str, str]] = {"list": "signed_in", "retrieve": "signed_in", "file": "signed_in", "create": "registration.withdraw"}

    def get_queryset(self) -> Any:
        rows = own_exports(self.request.user) if self.request.user.is_authenticated else Export.objects.none()
        return rows if self.action == "file" else rows.defer("content")

    @extend_schema(request=ExportOrderSerializer, responses={201: ExportSerializer})
    def create(self, request: Request) -> Response:
        """Make a file of a program; children whose guardian has not consented are left out."""
        form = ExportOrderSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        export = MAKERS[fields.pop("what")](request.user, now=timezone.now(), **fields)
        return Response(self.get_serializer(export).data, status=201)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def file(self, request: Request, pk: str) -> HttpResponse:
        """The file; that it was taken is recorded."""
        return file_answer(self.get_object(), request.user)
