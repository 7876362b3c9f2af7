"""The import of rosters as an API: /api/v1/roster-imports/."""

from typing import Any, ClassVar

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from events.programs.models import Program
from exchange.api import FilterSet, ModelSerializer, ScopedViewSet
from exchange.api_input import CleanCharField, GuardedJSONParser
from exchange.problems import PayloadTooLarge, problem
from exchange.spreadsheets import MAX_BYTES, SpreadsheetError
from participants.directory.models import Organisation
from participants.rosters import import_book, import_columns, import_large, imports, round_trip
from participants.rosters.import_commit import Outcome
from participants.rosters.import_directory import takes_part, unit_of_template
from participants.rosters.import_masking import rows_for
from participants.rosters.import_state import loaded
from participants.rosters.models import RosterImport

BIGGEST_ID = 2**63 - 1


class UploadSerializer(serializers.Serializer[Any]):
    program = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    organisation = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID, required=False)
    file = serializers.FileField(allow_empty_file=True)  # an empty file has a code of its own
    columns = serializers.ListField(
        child=serializers.CharField(max_length=40, allow_blank=True),
        required=False,
        max_length=60,
        help_text='The field of each column, "" for one that is not read: for a sheet without titles that are understood.',
    )


class IssueSerializer(serializers.Serializer[Any]):
    """One finding about one cell."""

    column = serializers.CharField()
    code = serializers.CharField()
    severity = serializers.ChoiceField(["fixed", "warning", "rejected"])
    message = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class ChangeSerializer(serializers.Serializer[Any]):
    """A cell that says something else than the roster does."""

    column = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class RowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Row number in the sheet, from 1.")
    status = serializers.ChoiceField(["ok", "fixed", "warning", "rejected", "skipped"])
    values = serializers.DictField(child=serializers.CharField())
    issues = IssueSerializer(many=True)
    registration = serializers.IntegerField(allow_null=True, help_text="The registration that the row is about, if there is one.")
    changes = ChangeSerializer(many=True, help_text="What the row would change of it.")


class ImportSerializer(ModelSerializer):
    """Without the rows, as lists show it."""

    class Meta:
        model = RosterImport
        fields = ["id", "program", "organisation", "parent", "part", "file_name", "status", "status_reason", "counts", "created_at", "expires_at"]


class ImportWithRowsSerializer(ImportSerializer):
    rows = serializers.SerializerMethodField()
    template = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField()
    unused = serializers.SerializerMethodField()
    other_sheets = serializers.SerializerMethodField()

    class Meta(ImportSerializer.Meta):
        fields = [*ImportSerializer.Meta.fields, "parts", "template", "unused", "other_sheets", "missing", "rows"]

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_parts(self, roster_import: RosterImport) -> list[int]:
        """The imports that hold the rows of a sheet of more than 5,000; [] for any other."""
        return list(roster_import.parts.order_by("part").values_list("pk", flat=True)) if roster_import.counts.get("parts") else []

    def get_template(self, roster_import: RosterImport) -> str:
        """The version of our own form that the sheet was filled in on; "" for any other sheet."""
        return loaded(roster_import.reading).layout.template

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_unused(self, roster_import: RosterImport) -> list[str]:
        """Titles of columns that were not understood, and remarks beside the list."""
        return list(loaded(roster_import.reading).layout.unused)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_other_sheets(self, roster_import: RosterImport) -> list[str]:
        """Lists of people in the same workbook that were not read; "名单!G2" is one beside this one."""
        return list(loaded(roster_import.reading).layout.other_sheets)

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_missing(self, roster_import: RosterImport) -> list[int]:
        """Registrations that stood in our form and are no longer in the sheet: name them in `withdraw` to end them."""
        present = loaded(roster_import.reading).present
        absent = round_trip.missing(roster_import.program, present, roster_import.organisation).visible_to(self.context["request"].user)
        return [row.pk for row in absent] if present and not roster_import.parent_id else []

    @extend_schema_field(RowSerializer(many=True))
    def get_rows(self, roster_import: RosterImport) -> list[dict[str, Any]]:
        return rows_for(roster_import, self.context["request"].user)


class RowChangeSerializer(serializers.Serializer[Any]):
    """One change of a row: `column` with `value` (null takes a correction back), or `confirm`, or `skip`."""

    column = serializers.CharField(max_length=40, required=False)
    value = CleanCharField(max_length=imports.MAX_CELL, required=False, allow_null=True, allow_blank=True, trim_whitespace=False)
    confirm = serializers.BooleanField(required=False)
    skip = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not ({"column", "value"} <= set(attrs) or attrs.get("confirm") or "skip" in attrs):
            raise serializers.ValidationError(_("Send column and value, or confirm, or skip."), code="required")
        return attrs


class CommitSerializer(serializers.Serializer[Any]):
    rows = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=1_000_000), required=False, max_length=6000)
    withdraw = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID), default=list, max_length=6000)


class SheetSerializer(serializers.Serializer[Any]):
    sheet = CleanCharField(max_length=100, help_text="One of `other_sheets`.")


class CommittedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    status = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    withdrawn = serializers.IntegerField()
    skipped = serializers.IntegerField()
    registrations = serializers.ListField(child=serializers.DictField(child=serializers.IntegerField()))


class ImportFilter(FilterSet):
    class Meta:
        model = RosterImport
        fields: ClassVar = ["program", "status", "organisation", "parent"]


class TemplateSerializer(serializers.Serializer[Any]):
    program = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    organisation = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID, required=False)


WORKBOOK = {(200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"): OpenApiTypes.BINARY}


class RosterImportViewSet(ListModelMixin, ScopedViewSet):
    """Upload a sign-up sheet, look at every row, correct cells, and import all rows that are good."""

    queryset = RosterImport.objects.select_related("program__organiser", "organisation", "created_by")
    serializer_class = ImportSerializer
    parser_classes = [MultiPartParser, GuardedJSONParser]
    filterset_class = ImportFilter
    ordering_fields: ClassVar[list[str]] = ["id", "created_at"]
    access: ClassVar = {
        "list": "signed_in",
        "retrieve": "roster_import.use",
        "create": "roster_import.use",
        "commit": "roster_import.use",
        "discard": "roster_import.use",
        "sheet": "roster_import.use",
        "change_row": "roster_import.use",
        "confirm": "roster_import.use",
        "annotated": "roster_import.use",
        "template": "roster_import.use",
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action != "list":
            return rows.defer("file")
        return rows.defer("file", "reading").filter(**({} if "parent" in self.request.query_params else {"parent": None}))

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: ImportWithRowsSerializer})
    def create(self, request: Request) -> Response:
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        program = self.program_of(form.validated_data["program"])
        upload = form.validated_data["file"]
        if upload.size > MAX_BYTES:
            raise PayloadTooLarge(_("The file is larger than 10 MB. Send the roster without pictures."))
        said = form.validated_data.get("columns")
        try:
            roster_import = imports.start_import(
                program=program,
                data=upload.read(),
                name=upload.name,
                by=request.user,
                now=timezone.now(),
                organisation=self.unit_of(form.validated_data.get("organisation")),
                **({"read": import_columns.as_said(said)} if said else {}),
            )
            if said and list(loaded(roster_import.reading).layout.said) != said:  # uploaded before
                roster_import = import_columns.name_columns(roster_import=roster_import, said=said, by=request.user, now=timezone.now())
        except SpreadsheetError as error:
            status = 413 if error.code == "too_large" else 400
            return problem(status, error.code, error.message, [{"field": "file", "code": error.code, "message": error.message}])
        return Response(self.full(roster_import), status=201)

    def program_of(self, pk: int) -> Program:
        """A program that the user organises or sends people to; 404 for any other."""
        program = Program.objects.visible_to(self.request.user).select_related("organiser").filter(pk=pk).first()
        if program is None or not takes_part(self.request.user, program):
            raise NotFound(_("There is no such program."))
        return program

    def unit_of(self, pk: int | None) -> Organisation | None:
        return self.visible_or_400(Organisation.objects, pk, "organisation") if pk else None

    def full(self, roster_import: RosterImport) -> dict[str, Any]:
        return dict(ImportWithRowsSerializer(roster_import, context=self.get_serializer_context()).data)

    @extend_schema(responses=ImportWithRowsSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.full(self.get_object()))

    def begin(self, roster_import: RosterImport, name: str, **marks: int) -> Response:
        """Have a sheet of many rows worked on by a job; `status` and `counts` say how far it has come."""
        return Response(self.full(import_large.begin(roster_import, name, by=self.request.user, now=timezone.now(), **marks)), status=202)

    @extend_schema(request=CommitSerializer, responses={200: CommittedSerializer, 202: ImportWithRowsSerializer})
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, pk: str) -> Response:
        roster_import = self.get_object()
        if roster_import.counts.get("parts"):
            return self.begin(roster_import, "write")
        form = CommitSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        outcome = imports.commit_import(roster_import=roster_import, by=request.user, now=timezone.now(), **form.validated_data)
        return Response(committed(RosterImport.objects.get(pk=roster_import.pk), outcome))

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        roster_import = imports.discard_import(roster_import=self.get_object(), by=request.user, now=timezone.now())
        return Response(ImportSerializer(roster_import).data)

    @extend_schema(request=SheetSerializer, responses=ImportWithRowsSerializer)
    @action(detail=True, methods=["post"])
    def sheet(self, request: Request, pk: str) -> Response:
        """Read another list of the workbook instead; corrections of this one are given up."""
        roster_import = self.get_object()
        form = SheetSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sheet = form.validated_data["sheet"]
        try:
            return Response(self.full(imports.read_other_sheet(roster_import=roster_import, sheet=sheet, by=request.user, now=timezone.now())))
        except SpreadsheetError as error:
            return problem(400, error.code, error.message, [{"field": "sheet", "code": error.code, "message": error.message}])

    @extend_schema(request=None, responses={200: ImportWithRowsSerializer, 202: ImportWithRowsSerializer})
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Agree to all units that were found for inexact names."""
        roster_import = self.get_object()
        if roster_import.counts.get("parts"):
            return self.begin(roster_import, "read_again", confirm=1)
        return Response(self.full(imports.confirm_units(roster_import=roster_import, by=request.user, now=timezone.now())))

    @extend_schema(request=RowChangeSerializer, responses=ImportWithRowsSerializer, parameters=[OpenApiParameter("row", int, OpenApiParameter.PATH)])
    @action(detail=True, methods=["post", "patch"], url_path="rows/(?P<row>[0-9]{1,7})")
    def change_row(self, request: Request, pk: str, row: str) -> Response:
        """Correct a cell, confirm the unit, skip the row or take it back in; the whole sheet comes back, as rows concern each other."""
        roster_import = self.get_object()
        form = RowChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(self.full(apply_change(roster_import, int(row), form.validated_data, by=request.user)))

    @extend_schema(responses=WORKBOOK)
    def annotated(self, request: Request, pk: str) -> FileResponse:
        roster_import = self.get_object()
        return import_book.download(import_book.annotated_for(roster_import, request.user), import_book.annotated_name(roster_import))

    @extend_schema(responses=WORKBOOK, parameters=[OpenApiParameter("program", int, required=True), OpenApiParameter("organisation", int)])
    def template(self, request: Request) -> FileResponse:
        """The sign-up workbook of a program for the user's unit."""
        form = TemplateSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        program = self.program_of(form.validated_data["program"])
        unit = unit_of_template(program, request.user, form.validated_data.get("organisation"))
        return import_book.download(import_book.template_for(program, unit, request.user), import_book.template_name(program))


def apply_change(roster_import: RosterImport, row: int, change: dict[str, Any], *, by: Any) -> RosterImport:
    now = timezone.now()
    if "skip" in change:
        return imports.skip_row(roster_import=roster_import, row=row, skip=change["skip"], by=by, now=now)
    if change.get("confirm"):
        return imports.confirm_units(roster_import=roster_import, rows=[row], by=by, now=now)
    return imports.correct_cell(roster_import=roster_import, row=row, column=change["column"], value=change["value"], by=by, now=now)


def committed(roster_import: RosterImport, outcome: Outcome) -> dict[str, Any]:
    registrations = [{"row": row, "registration": r.pk, "person": r.person_id} for row, r in outcome.registrations.items()]
    figures = {name: getattr(outcome, name) for name in ("created", "updated", "unchanged", "withdrawn", "skipped")}
    return {"id": roster_import.pk, "status": roster_import.status, "counts": roster_import.counts, **figures, "registrations": registrations}
