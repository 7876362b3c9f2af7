"""/api/v1/awards/, /api/v1/paper-templates/ and /api/v1/paper-pictures/."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from django_filters import ChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from events.programs.models import Program
from exchange import access
from exchange.api import FilterSet, IdFilter, ModelSerializer, ScopedViewSet, VisibleField
from exchange.api_input import GuardedJSONParser
from participants.certificates import award_batches, award_sheet, awards, papers, pictures, teams
from participants.certificates.api import FILES
from participants.certificates.award_models import RESULT_KINDS, Award, MembersStatement, PaperKind, PaperPicture, PaperTemplate, PictureRole
from participants.certificates.award_pages import AWARDS
from participants.certificates.serializers import BatchSerializer
from participants.directory.models import Organisation
from participants.rosters.models import Registration

PROGRAMS = Program.objects.select_related("organiser", "issuer")


class NamesField(serializers.ListField):
    child = serializers.CharField(max_length=60)


class AwardSerializer(ModelSerializer):
    program = VisibleField(queryset=PROGRAMS)
    organisation = VisibleField(queryset=Organisation.objects.all())
    registration = VisibleField(queryset=Registration.objects.all(), required=False, allow_null=True)
    roster_members = VisibleField(queryset=Registration.objects.all(), many=True, required=False)
    members = NamesField(required=False, max_length=teams.MOST_NAMES)
    instructors = NamesField(required=False, max_length=teams.MOST_NAMES)
    kind_label = serializers.CharField(source="get_kind_display", read_only=True)
    organisation_name = serializers.CharField(source="organisation", read_only=True)

    class Meta:
        model = Award
        validators: ClassVar[list[Any]] = []
        fields: ClassVar[list[str]] = [
            *("id", "program", "kind", "kind_label", "holder", "name", "name_en", "organisation", "organisation_name", "registration"),
            *("roster_members", "members", "members_statement", "instructors", "category", "work", "work_en", "prize", "prize_en", "position", "created_at"),
        ]
        read_only_fields: ClassVar[list[str]] = ["position", "created_at"]


class AwardOrderSerializer(serializers.Serializer[Any]):
    program = VisibleField(queryset=PROGRAMS)


class AwardSheetSerializer(AwardOrderSerializer):
    kind = serializers.ChoiceField(choices=RESULT_KINDS, default="award")
    text = serializers.CharField(max_length=200_000, trim_whitespace=False, help_text="Rows with tabs between cells; the first row has the headings.")
    with_instructors = serializers.BooleanField(default=False)
    members_statement = serializers.ChoiceField(choices=MembersStatement.choices, default="", help_text="On the people who are on no roster.")
    commit = serializers.BooleanField(default=False)


class SheetRowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(source="number")
    papers = serializers.SerializerMethodField()
    problem = serializers.CharField()

    def get_papers(self, row: award_sheet.SheetRow) -> list[str]:
        return [values["name"] for values in row.values]


class SheetAnswerSerializer(serializers.Serializer[Any]):
    rows = SheetRowSerializer(many=True)
    entered = serializers.ListField(child=serializers.IntegerField())


class AwardFilter(FilterSet):
    program = IdFilter("program_id")
    organisation = IdFilter("organisation_id")
    kind = ChoiceFilter(choices=RESULT_KINDS)

    class Meta:
        model = Award
        fields: ClassVar[list[str]] = []


class AwardViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Results that earn a paper, for the offices that organise the program."""

    queryset = AWARDS
    serializer_class = AwardSerializer
    filterset_class = AwardFilter
    search_fields: ClassVar[list[str]] = ["work", "organisation__name_zh"]  # names of pupils are not to be found by their letters
    ordering_fields: ClassVar[list[str]] = ["id", "position", "name"]
    access: ClassVar[dict[str, str]] = {
        "list": "certificate.watch",
        "retrieve": "certificate.watch",
        "create": "certificate.issue",
        "partial_update": "certificate.issue",
        "destroy": "certificate.issue",
        "sheet": "certificate.issue",
        "issue": "certificate.issue",
    }

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        awards.shield(rows or (), self.request.user)
        return rows

    def get_object(self) -> Award:
        award: Award = super().get_object()
        if self.action == "retrieve":
            awards.shield([award], self.request.user)
        return award

    def create(self, request: Request) -> Response:
        """Enter a result."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = {name: value for name, value in form.validated_data.items() if name != "program"}
        program = form.validated_data["program"]
        access.require(request.user, "certificate.issue", program)
        return Response(self.get_serializer(awards.add(program=program, by=request.user, **{"holder": "person", **values})).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Correct a result that has no valid paper; its program stays."""
        award = self.get_object()
        form = self.get_serializer(award, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        values = {name: value for name, value in form.validated_data.items() if name != "program"}
        whole = {name: getattr(award, name) for name in ("kind", "holder", "name", "organisation", "registration", "work", "prize", "category", "members")}
        whole["roster_members"] = award.linked_members
        return Response(self.get_serializer(awards.change(award=award, by=request.user, **whole | values)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a result off the list that never had a paper."""
        awards.remove(award=self.get_object(), by=request.user)
        return Response(status=204)

    @extend_schema(request=AwardSheetSerializer, responses={200: SheetAnswerSerializer})
    @action(detail=False, methods=["post"])
    def sheet(self, request: Request) -> Response:
        """Read rows of a workbook; with `commit` the good ones are entered."""
        form = AwardSheetSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        access.require(request.user, "certificate.issue", asked["program"])
        rows = award_sheet.read(asked["program"], award_sheet.cells_of_text(asked["text"]), asked["kind"])
        values = [each for row in rows for each in row.values] if asked["commit"] else []
        more = {name: asked[name] for name in ("with_instructors", "members_statement")}
        entered = awards.add_many(program=asked["program"], by=request.user, rows=values, **more)
        return Response(SheetAnswerSerializer({"rows": rows, "entered": [award.pk for award in entered]}).data)

    @extend_schema(request=AwardOrderSerializer, responses={202: BatchSerializer})
    @action(detail=False, methods=["post"])
    def issue(self, request: Request) -> Response:
        """Order certificates for every result of a program that has none."""
        form = AwardOrderSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        access.require(request.user, "certificate.issue", form.validated_data["program"])
        batch = award_batches.create_batch(by=request.user, now=timezone.now(), **form.validated_data)
        batch.refresh_from_db()
        return Response(BatchSerializer(batch).data, status=202)


class TemplateSerializer(ModelSerializer):
    program = VisibleField(queryset=PROGRAMS, allow_null=False)
    kind = serializers.ChoiceField(choices=PaperKind.choices)
    for_office = serializers.BooleanField(default=False, write_only=True)
    seal = VisibleField(queryset=PaperPicture.objects.all(), required=False, allow_null=True)
    signature = VisibleField(queryset=PaperPicture.objects.all(), required=False, allow_null=True)
    logo = VisibleField(queryset=PaperPicture.objects.all(), required=False, allow_null=True)
    mark = serializers.CharField(read_only=True)

    class Meta:
        model = PaperTemplate
        validators: ClassVar[list[Any]] = []
        fields: ClassVar[list[str]] = ["id", "organisation", "program", "for_office", "kind", "version", "mark", *papers.SETTABLE, "created_at"]
        read_only_fields: ClassVar[list[str]] = ["organisation", "version", "created_at"]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "design": {"required": False},
            "seal_mm": {"min_value": 20, "max_value": 45},
            "signature_mm": {"min_value": 15, "max_value": 45},
            "logo_mm": {"min_value": 10, "max_value": 40},
        }


class TemplateFilter(FilterSet):
    program = IdFilter("program_id")
    kind = ChoiceFilter(choices=PaperKind.choices)

    class Meta:
        model = PaperTemplate
        fields: ClassVar[list[str]] = []


class TemplateViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Words and look of papers, every version. A new one is made by POST; none is ever changed."""

    queryset = PaperTemplate.objects.select_related("organisation", "program__organiser")
    serializer_class = TemplateSerializer
    filterset_class = TemplateFilter
    ordering_fields: ClassVar[list[str]] = ["id", "version"]
    access: ClassVar[dict[str, str]] = {"list": "certificate.watch", "retrieve": "certificate.watch", "create": "certificate.issue"}

    def create(self, request: Request) -> Response:
        """Make the next version. What is not sent stays as it is now."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = dict(form.validated_data)
        program, kind, for_office = asked.pop("program"), asked.pop("kind"), asked.pop("for_office", False)
        access.require(request.user, "certificate.issue", program)
        if for_office:
            access.require(request.user, "certificate.issue", program.certificate_issuer)
        sent = {name: value for name, value in asked.items() if name in form.initial_data}
        values = papers.current_values(program, kind) | sent
        template = papers.save(program=program, kind=kind, for_office=for_office, by=request.user, **values)
        return Response(self.get_serializer(template).data, status=201)


class PictureSerializer(ModelSerializer):
    organisation = VisibleField(queryset=Organisation.objects.all())
    role = serializers.ChoiceField(choices=PictureRole.choices)
    file = serializers.FileField(write_only=True)

    class Meta:
        model = PaperPicture
        fields: ClassVar[list[str]] = ["id", "organisation", "role", "name", "file", "sha256", "width", "height", "created_at", "retired_at"]
        read_only_fields: ClassVar[list[str]] = ["sha256", "width", "height", "created_at", "retired_at"]


class PictureViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Seals, signatures and logos of offices."""

    queryset = PaperPicture.objects.select_related("organisation")
    serializer_class = PictureSerializer
    parser_classes = [MultiPartParser, GuardedJSONParser]
    ordering_fields: ClassVar[list[str]] = ["id"]
    access: ClassVar[dict[str, str]] = {
        "list": "certificate.watch",
        "retrieve": "certificate.watch",
        "create": "certificate.issue",
        "png": "certificate.watch",
        "retire": "certificate.issue",
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows if self.action == "png" else rows.defer("content")

    def create(self, request: Request) -> Response:
        """Add a picture (multipart); it is encoded anew."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        access.require(request.user, "certificate.issue", asked["organisation"])
        content = asked.pop("file").read(pictures.MOST_BYTES + 1)
        return Response(self.get_serializer(pictures.add(content=content, by=request.user, **asked)).data, status=201)

    @extend_schema(responses={(200, "image/png"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], renderer_classes=FILES)
    def png(self, request: Request, pk: str) -> HttpResponse:
        """The picture as papers show it."""
        return HttpResponse(bytes(self.get_object().content), content_type="image/png")

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Take it out of use; papers that carry it keep it."""
        return Response(self.get_serializer(pictures.retire(picture=self.get_object(), by=request.user, now=timezone.now())).data)
