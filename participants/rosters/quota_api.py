"""The quota tree under /api/v1/delegations/ and /api/v1/allocations/."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from events.programs.models import Program
from exchange import access
from exchange.api import FilterSet, IdFilter, ModelSerializer, ScopedViewSet, VisibleField
from exchange.api_input import SaneDateTimeField
from participants.directory.models import Organisation
from participants.rosters import quota as rules
from participants.rosters import returns, versions
from participants.rosters.listing import number
from participants.rosters.models import Allocation, Delegation, QuotaPart
from participants.rosters.version_api import LockSerializer, VersionSerializer

MOST_PLACES = 100_000
DEADLINES = ["endorse_by", "confirm_by"]
FIGURES = ["used", "left", "confirmed", "in_review", "submitted", "endorsed", "waiting", "drafts"]


class FiguresSerializer(ModelSerializer):
    organisation = VisibleField(queryset=Organisation.objects.all())
    organisation_name = serializers.CharField(source="organisation", read_only=True)
    quota = serializers.IntegerField(min_value=0, max_value=MOST_PLACES)
    used = serializers.IntegerField(read_only=True)
    left = serializers.IntegerField(read_only=True)
    confirmed = serializers.IntegerField(read_only=True)
    in_review = serializers.IntegerField(read_only=True)
    submitted = serializers.IntegerField(read_only=True)
    endorsed = serializers.IntegerField(read_only=True)
    waiting = serializers.IntegerField(read_only=True)
    drafts = serializers.IntegerField(read_only=True)


class PartSerializer(ModelSerializer):
    """At most so many places for people of one role, stage or subject."""

    quota = serializers.IntegerField(min_value=0, max_value=MOST_PLACES)
    used = serializers.IntegerField(read_only=True)

    class Meta:
        model = QuotaPart
        validators: ClassVar[list[Any]] = []  # setting one that is there changes it
        fields: ClassVar[list[str]] = ["id", "kind", "value", "quota", "used"]


class DelegationSerializer(FiguresSerializer):
    program = VisibleField(queryset=Program.objects.select_related("organiser"))
    allocated = serializers.IntegerField(read_only=True)
    unallocated = serializers.IntegerField(read_only=True)
    parts = PartSerializer(many=True, read_only=True)

    class Meta:
        model = Delegation
        validators: ClassVar[list[Any]] = []  # the rule refuses a second one, with 409
        fields: ClassVar[list[str]] = [
            "id",
            "program",
            "organisation",
            "organisation_name",
            "quota",
            "allocated",
            "unallocated",
            "returned",
            *DEADLINES,
            "parts",
            *FIGURES,
        ]
        read_only_fields: ClassVar[list[str]] = ["returned", *DEADLINES]


class AllocationSerializer(FiguresSerializer):
    delegation = VisibleField(queryset=Delegation.objects.select_related("program__organiser", "organisation"))
    program = serializers.IntegerField(source="delegation.program_id", read_only=True)

    class Meta:
        model = Allocation
        validators: ClassVar[list[Any]] = []
        fields: ClassVar[list[str]] = ["id", "program", "delegation", "organisation", "organisation_name", "quota", *FIGURES]


class QuotaSerializer(serializers.Serializer[Any]):
    quota = serializers.IntegerField(min_value=0, max_value=MOST_PLACES)


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(min_value=1, max_value=MOST_PLACES)


class PassOnSerializer(CountSerializer):
    target = VisibleField(queryset=Delegation.objects.select_related("program__organiser", "organisation"))


class DelegationChangeSerializer(serializers.Serializer[Any]):
    quota = serializers.IntegerField(min_value=0, max_value=MOST_PLACES, required=False)
    endorse_by = SaneDateTimeField(required=False, allow_null=True)
    confirm_by = SaneDateTimeField(required=False, allow_null=True)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if not values:
            raise serializers.ValidationError({"quota": [_("Give a quota or a deadline.")]}, code="required")
        return values


class DelegationFilter(FilterSet):
    program = IdFilter("program_id")
    organisation = IdFilter("organisation_id")

    class Meta:
        model = Delegation
        fields: ClassVar[list[str]] = []


class AllocationFilter(FilterSet):
    program = IdFilter("delegation__program_id")
    delegation = IdFilter("delegation_id")
    organisation = IdFilter("organisation_id")

    class Meta:
        model = Allocation
        fields: ClassVar[list[str]] = []


class QuotaViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Base of both levels: rows with live figures, of which only the quota can be changed."""

    ordering_fields: ClassVar[list[str]] = ["id", "quota"]
    within: ClassVar[str]  # the field that names what a new row is a part of
    add: ClassVar[Callable[..., Any]]

    def create(self, request: Request) -> Response:
        values = self.values(self.serializer_class)
        access.require(request.user, self.access["create"], values[self.within])
        return self.answer(self.add(by=request.user, **values).pk, 201)

    def answer(self, pk: int, status: int = 200) -> Response:
        """The row with its figures counted anew."""
        return Response(self.get_serializer(self.queryset.all().get(pk=pk)).data, status=status)

    def values(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        form = serializer(data=self.request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    @extend_schema(request=CountSerializer)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def give_back(self, request: Request, pk: str) -> Response:
        """Give unused places back: a unit's to its district, a district's to the organiser."""
        row = self.get_object()
        return self.answer(returns.return_places(row=row, by=request.user, now=timezone.now(), **self.values(CountSerializer)).pk)

    def wanted_quota(self, request: Request) -> int:
        form = QuotaSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return int(form.validated_data["quota"])

    def destroy(self, request: Request, pk: str) -> Response:
        rules.remove_empty(row=self.get_object(), by=request.user)
        return Response(status=204)


class DelegationViewSet(QuotaViewSet):
    """Districts' parties in programs, with their places."""

    queryset = (
        Delegation.objects.select_related("organisation", "program__organiser")
        .with_figures()
        .prefetch_related(Prefetch("parts", QuotaPart.objects.with_used()))
    )
    serializer_class = DelegationSerializer
    filterset_class = DelegationFilter
    within, add = "program", staticmethod(rules.add_delegation)
    access: ClassVar[dict[str, str]] = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "create": "delegation.change",
        "partial_update": "delegation.change",
        "destroy": "delegation.change",
        "lock": "roster.lock",
        "give_back": "places.return",
        "pass_on": "delegation.change",
        "parts": "delegation.change",
        "remove_part": "delegation.change",
    }

    def partial_update(self, request: Request, pk: str) -> Response:
        row, values = self.get_object(), self.values(DelegationChangeSerializer)
        with transaction.atomic():
            if "quota" in values:
                rules.set_delegation(program=row.program, organisation=row.organisation, quota=values["quota"], by=request.user)
            if deadlines := {name: values[name] for name in DEADLINES if name in values}:
                returns.set_deadlines(delegation=row, by=request.user, **deadlines)
        return self.answer(row.pk)

    @extend_schema(request=PassOnSerializer)
    @action(detail=True, methods=["post"], url_path="pass-on")
    def pass_on(self, request: Request, pk: str) -> Response:
        """Give places that this district gave back to another one, whose waiting people move up; answers with the other one."""
        source = self.get_object()
        values = self.values(PassOnSerializer)
        returns.pass_on(source=source, by=request.user, now=timezone.now(), **values)
        return self.answer(values["target"].pk)

    @extend_schema(request=PartSerializer)
    @action(detail=True, methods=["post"])
    def parts(self, request: Request, pk: str) -> Response:
        """Limit people of one role, stage or subject; a limit that is there is changed."""
        row = self.get_object()
        rules.set_part(delegation=row, by=request.user, **self.values(PartSerializer))
        return self.answer(row.pk)

    @extend_schema(request=None, responses=DelegationSerializer)
    @parts.mapping.delete
    def remove_part(self, request: Request, pk: str) -> Response:
        """Lift the limit `?part=id`."""
        row = self.get_object()
        own = QuotaPart.objects.filter(delegation=row)
        rules.remove_part(part=self.visible_or_400(own, number(request.query_params, "part") or 0, "part"), by=request.user)
        return self.answer(row.pk)

    @extend_schema(request=LockSerializer, responses={201: VersionSerializer})
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, pk: str) -> Response:
        """Lock the delegation's roster as it is now, as its next version."""
        delegation = self.get_object()
        form = LockSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        version = versions.lock_roster(delegation=delegation, by=request.user, now=timezone.now(), **form.validated_data)
        return Response(VersionSerializer(version).data, status=201)


class AllocationViewSet(QuotaViewSet):
    """The part of a delegation that one unit may fill."""

    queryset = Allocation.objects.select_related("organisation", "delegation__organisation", "delegation__program__organiser").with_figures()
    serializer_class = AllocationSerializer
    filterset_class = AllocationFilter
    within, add = "delegation", staticmethod(rules.add_allocation)
    access: ClassVar[dict[str, str]] = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "create": "allocation.change",
        "partial_update": "allocation.change",
        "destroy": "allocation.change",
        "give_back": "places.return",
    }

    def partial_update(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        changed = rules.set_allocation(delegation=row.delegation, organisation=row.organisation, quota=self.wanted_quota(request), by=request.user)
        return self.answer(changed.pk)
