"""Attendance under /api/v1/attendance/."""

from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import ChoiceFilter
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from events.itineraries.models import ItineraryItem
from exchange import access
from exchange.api import FilterSet, IdFilter, ModelSerializer, ScopedViewSet
from exchange.api_input import CleanCharField, SaneDateTimeField
from exchange.validators import LARGEST_ID
from participants.attendance import rules, sync
from participants.attendance.models import AttendanceRecord, AttendanceState
from participants.people.fields import findable, is_nameless, shield_registrations
from participants.rosters.models import Registration

# One roll-call speaks of at most so many people; a hall of five thousand sends several.
MOST_PEOPLE = 2000
# A device sends its marks in parts of so many.
MOST_MARKS = 200


class AttendanceFilter(FilterSet):
    registration = IdFilter("registration_id")
    item = IdFilter("item_id")
    program = IdFilter("item__program_id")
    state = ChoiceFilter(choices=AttendanceState.choices)

    class Meta:
        model = AttendanceRecord
        fields: ClassVar[list[str]] = []


class AttendanceSerializer(ModelSerializer):
    program = serializers.IntegerField(source="item.program_id", read_only=True)
    person_name = serializers.CharField(source="registration.person.name", read_only=True)

    class Meta:
        model = AttendanceRecord
        fields: ClassVar[list[str]] = ["id", "registration", "person_name", "program", "item", "state", "reason", "recorded_at"]

    def to_representation(self, record: AttendanceRecord) -> dict[str, Any]:
        """Of a minor, viewers get the surname and no reason."""
        user, registration = self.context["request"].user, record.registration
        if is_nameless(registration.person, user, registration):
            record.reason = ""
        shield_registrations([registration], user)
        return super().to_representation(record)  # type: ignore[no-any-return]


class IdField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class RecordInput(serializers.Serializer[Any]):
    """One person at one item."""

    registration = IdField()
    item = IdField()
    state = serializers.ChoiceField(choices=AttendanceState.choices)
    reason = CleanCharField(max_length=200, required=False, allow_blank=True, default="")


class RollCallInput(serializers.Serializer[Any]):
    """Many people at one item: registrations by state, each in one list only."""

    item = IdField()
    present = serializers.ListField(child=IdField(), max_length=MOST_PEOPLE, default=list)
    late = serializers.ListField(child=IdField(), max_length=MOST_PEOPLE, default=list)
    absent = serializers.ListField(child=IdField(), max_length=MOST_PEOPLE, default=list)
    leave = serializers.ListField(child=IdField(), max_length=MOST_PEOPLE, default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [pk for state in AttendanceState.values for pk in attrs[state]]
        if not named:
            raise serializers.ValidationError({"present": [_("Name at least one registration.")]}, code="empty")
        if len(named) != len(set(named)):
            raise serializers.ValidationError({"present": [_("A registration is named twice.")]}, code="named_twice")
        return attrs


class SentMarkInput(serializers.Serializer[Any]):
    """One mark of a device; `state` may also be "undo". The person by `code`, or by `registration` when chosen by hand."""

    client_id = serializers.UUIDField()
    item = IdField()
    code = CleanCharField(max_length=60, required=False, default="")
    registration = IdField(required=False, allow_null=True, default=None)
    state = serializers.ChoiceField(choices=sync.SENT_STATES)
    at = SaneDateTimeField()
    is_explicit = serializers.BooleanField(default=False)
    only_open = serializers.BooleanField(default=False)
    reason = CleanCharField(max_length=200, required=False, allow_blank=True, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["code"]) == bool(attrs["registration"]):
            raise serializers.ValidationError({"code": [_("Name the person by code or by registration.")]}, code="name_one")
        return attrs


class SyncInput(serializers.Serializer[Any]):
    """`sent_at` is the device's own clock: times are set right by how much it differs from ours."""

    marks = serializers.ListField(child=SentMarkInput(), allow_empty=False, max_length=MOST_MARKS)
    sent_at = SaneDateTimeField(required=False, allow_null=True, default=None)

    def validate_marks(self, marks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({mark["client_id"] for mark in marks}) != len(marks):
            raise serializers.ValidationError(_("A mark is named twice."), code="named_twice")
        return marks


class SyncAnswer(serializers.Serializer[Any]):
    """What became of one mark: outcome recorded, same, kept (a newer note stands) or refused, and how things stand now."""

    client_id = serializers.UUIDField()
    outcome = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    registration = serializers.IntegerField(source="registration.pk", default=None, allow_null=True)
    person_name = serializers.CharField(source="registration.person.name", default="")
    unit = serializers.CharField(source="registration.organisation.short", default="")
    state = serializers.CharField(source="record.state", default="")
    recorded_at = serializers.DateTimeField(source="record.recorded_at", default=None, allow_null=True)
    recorded_by = serializers.CharField(source="record.recorded_by.display_name", default="")


class SyncAnswers(serializers.Serializer[Any]):
    results = SyncAnswer(many=True)


ROLL_CALL_ANSWER = inline_serializer("RollCallAnswer", {"item": serializers.IntegerField(), "changed": serializers.IntegerField()})


class AttendanceViewSet(RetrieveModelMixin, ListModelMixin, DestroyModelMixin, ScopedViewSet):
    """Who was at which item. Senders read what concerns their people; the organiser's officers record."""

    queryset = AttendanceRecord.objects.select_related(
        "registration__person", "registration__organisation", "registration__program__organiser", "item__program"
    )
    serializer_class = AttendanceSerializer
    filterset_class = AttendanceFilter
    search_fields: ClassVar[list[str]] = ["registration__person__name", "registration__person__pinyin", "registration__person__initials"]
    ordering_fields: ClassVar[list[str]] = ["recorded_at", "item__starts_at", "state"]
    access: ClassVar[dict[str, str]] = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "create": "attendance.record",
        "roll_call": "attendance.record",
        "sync": "attendance.record",
        "destroy": "attendance.record",
    }

    def filter_queryset(self, queryset: Any) -> Any:
        found = super().filter_queryset(queryset)
        return findable(found, self.request.user, "registration__person") if self.request.query_params.get("search", "").strip() else found

    @extend_schema(request=RecordInput, responses={200: AttendanceSerializer, 201: AttendanceSerializer})
    def create(self, request: Request) -> Response:
        """Record or correct one person at one item: 201 when new, 200 when corrected."""
        wanted = self.checked(RecordInput, request)
        registration = self.visible_or_400(Registration.objects.select_related("program__organiser"), wanted["registration"], "registration")
        self.check_object_permissions(request, registration)
        item = self.visible_or_400(ItineraryItem.objects.prefetch_related("groups"), wanted["item"], "item")
        record, is_new = rules.record(registration=registration, item=item, state=wanted["state"], reason=wanted["reason"], by=request.user, now=timezone.now())
        return Response(self.get_serializer(record).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(request=RollCallInput, responses={200: OpenApiResponse(ROLL_CALL_ANSWER)})
    @action(detail=False, methods=["post"], url_path="roll-call")
    def roll_call(self, request: Request) -> Response:
        """Record many people at one item, all or none; answers how many records are new or changed."""
        wanted = self.checked(RollCallInput, request)
        item = self.visible_or_400(ItineraryItem.objects.select_related("program__organiser").prefetch_related("groups"), wanted["item"], "item")
        self.check_object_permissions(request, item)
        marks = {pk: rules.Mark(state) for state in AttendanceState.values for pk in wanted[state]}
        seen = set(Registration.objects.visible_to(request.user).filter(pk__in=list(marks)).values_list("pk", flat=True))
        for state in AttendanceState.values:
            if unknown := [pk for pk in wanted[state] if pk not in seen]:
                message = _("There is no registration %(ids)s.") % {"ids": ", ".join(map(str, unknown[:10]))}
                raise serializers.ValidationError({state: [message]}, code="does_not_exist")
        changed = rules.record_many(item=item, marks=marks, by=request.user, now=timezone.now())
        return Response({"item": item.pk, "changed": changed})

    @extend_schema(request=SyncInput, responses={200: SyncAnswers})
    @action(detail=False, methods=["post"])
    def sync(self, request: Request) -> Response:
        """Merge the marks that a device kept while it had no network; each is answered, and sending again changes nothing."""
        wanted, now = self.checked(SyncInput, request), timezone.now()
        ahead = wanted["sent_at"] - now if wanted["sent_at"] else timedelta(0)
        marks = [sync.SentMark(**{**mark, "at": mark["at"] - ahead}) for mark in wanted["marks"]]
        rows = ItineraryItem.objects.visible_to(request.user).select_related("program__organiser").prefetch_related("groups")
        items = {item.pk: item for item in rows.filter(pk__in={mark.item for mark in marks}) if access.may(request.user, "attendance.record", item)}
        people = Registration.objects.visible_to(request.user)
        answers = sync.merge(marks=marks, items=items, people=people, by=request.user, now=now)
        return Response(SyncAnswers({"results": answers}).data)

    def perform_destroy(self, instance: AttendanceRecord) -> None:
        rules.undo(records=[instance], by=self.request.user)

    def checked(self, form: type[serializers.Serializer[Any]], request: Request) -> Any:
        serializer = form(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
