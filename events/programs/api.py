"""Programs and series under /api/v1/."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from events.kinds.registry import KIND_CHOICES
from events.programs import naming, rules
from events.programs.models import Program, Series
from events.programs.serializers import CopySerializer, ProgramSerializer, ProgramWriteSerializer, SeriesSerializer, SeriesWriteSerializer
from events.programs.status import ProgramStatus
from exchange import access
from exchange.api import FilterSet, IdFilter, ReasonSerializer, SaneDateFilter, ScopedViewSet


class ProgramFilter(FilterSet):
    kind = django_filters.ChoiceFilter(choices=KIND_CHOICES)
    status = django_filters.ChoiceFilter(choices=ProgramStatus.choices)
    series = IdFilter(field_name="series_id")
    organiser = IdFilter(field_name="organiser_id")
    host_division = django_filters.CharFilter(field_name="host_division_id", max_length=6)
    starts_after = SaneDateFilter(field_name="starts_on", lookup_expr="gte")
    starts_before = SaneDateFilter(field_name="starts_on", lookup_expr="lte")
    open_for_registration = django_filters.ChoiceFilter(choices=[("true", "true"), ("false", "false")], method="filter_open")

    class Meta:
        model = Program
        fields: list[str] = []

    def filter_open(self, queryset: Any, name: str, value: str) -> QuerySet[Program]:
        open_now = queryset.open_for_registration(timezone.now())
        return open_now if value == "true" else queryset.exclude(pk__in=open_now.order_by().values("pk"))


class ProgramViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Programs: what happens, when, where and for whom. Published public ones are open to anyone."""

    queryset = Program.objects.for_page()
    serializer_class = ProgramSerializer
    filterset_class = ProgramFilter
    search_fields = ["title_zh", "title_en", "place_zh", "place_en"]
    ordering_fields = ["starts_on", "ends_on", "title_zh", "created_at"]
    access = {
        "list": "anyone",
        "retrieve": "anyone",
        "create": "program.create",
        "partial_update": "program.change",
        "publish": "program.publish",
        "complete": "program.complete",
        "cancel": "program.cancel",
        "copy": "program.copy",
    }

    def answer(self, program: Program, status: int = 200) -> Response:
        """The program as it now stands in the tables."""
        return Response(self.get_serializer(Program.objects.for_page().get(pk=program.pk)).data, status=status)

    def valid(self, serializer: type[serializers.Serializer[Any]], *args: Any, **options: Any) -> dict[str, Any]:
        checked = serializer(*args, data=self.request.data, context=self.get_serializer_context(), **options)
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    @extend_schema(request=ProgramWriteSerializer, responses={201: ProgramSerializer})
    def create(self, request: Request) -> Response:
        """Make a draft. Refusals: `dates_reversed`, `registration_dates_reversed`, `foreign_season`."""
        fields = self.valid(ProgramWriteSerializer)
        naming.check_named(request.user, "program.create", fields)
        return self.answer(rules.create_program(by=request.user, **fields), 201)

    @extend_schema(request=ProgramWriteSerializer, responses=ProgramSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a draft or published program. Refusals: `wrong_status`, `kind_fixed` and those of creating."""
        program = self.get_object()
        fields = self.valid(ProgramWriteSerializer, program, partial=True)
        naming.check_named(request.user, "program.change", fields, program)
        return self.answer(rules.change_program(program=program, by=request.user, **fields))

    @extend_schema(request=None, responses=ProgramSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """draft → published. Refusals: `wrong_status` and what the kind refuses."""
        return self.answer(rules.publish(program=self.get_object(), by=request.user, at=timezone.now()))

    @extend_schema(request=None, responses=ProgramSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """published → completed. Refusals: `wrong_status`, `not_over`."""
        return self.answer(rules.complete(program=self.get_object(), by=request.user, at=timezone.now()))

    @extend_schema(request=ReasonSerializer, responses=ProgramSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call the program off; the reason is shown to everyone. Refusals: `wrong_status`, `reason_required`."""
        program = self.get_object()
        return self.answer(rules.cancel(program=program, by=request.user, at=timezone.now(), **self.valid(ReasonSerializer)))

    @extend_schema(request=CopySerializer, responses={201: ProgramSerializer})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, pk: str) -> Response:
        """A new draft with the same settings, groups and itinerary, beginning on another day."""
        program = self.get_object()
        return self.answer(rules.copy_program(program=program, by=request.user, **self.valid(CopySerializer)), 201)


class SeriesFilter(FilterSet):
    year = IdFilter(field_name="year")
    organiser = IdFilter(field_name="organiser_id")

    class Meta:
        model = Series
        fields: list[str] = []


class SeriesViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Seasons of several programs."""

    queryset = Series.objects.select_related("organiser")
    serializer_class = SeriesSerializer
    filterset_class = SeriesFilter
    search_fields = ["name_zh", "name_en"]
    ordering_fields = ["year", "name_zh"]
    access = {"list": "anyone", "retrieve": "anyone", "create": "series.change", "partial_update": "series.change"}

    def save(self, series: Series | None = None) -> Series:
        serializer = SeriesWriteSerializer(series, data=self.request.data, partial=series is not None, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        if "organiser" in serializer.validated_data:
            access.require(self.request.user, "series.change", serializer.validated_data["organiser"])
        return rules.save_series(by=self.request.user, series=series, **serializer.validated_data)

    @extend_schema(request=SeriesWriteSerializer, responses={201: SeriesSerializer})
    def create(self, request: Request) -> Response:
        """Refusals: `name_taken`."""
        return Response(self.get_serializer(self.save()).data, status=201)

    @extend_schema(request=SeriesWriteSerializer, responses=SeriesSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Refusals: `name_taken`."""
        return Response(self.get_serializer(self.save(self.get_object())).data)
