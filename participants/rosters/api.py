"""Registrations under /api/v1/registrations/: the way school → district → organiser, one by one and many at once."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import CharFilter, MultipleChoiceFilter
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from events.itineraries.models import Group
from events.programs.models import Program
from exchange import access
from exchange.api import FilterSet, IdFilter, ModelSerializer, ReasonSerializer, ScopedViewSet, VisibleField
from exchange.api_input import CleanCharField
from exchange.masking import mask_national_id
from exchange.validators import LARGEST_ID
from participants.people.fields import shield_registrations
from participants.people.models import Person
from participants.people.search import FILTERS
from participants.rosters import bulk, rules
from participants.rosters.models import Registration
from participants.rosters.status import RegistrationStatus
from participants.rosters.undo import undo

MOST_AT_ONCE = 5000
LARGEST_POSITION = 1_000_000


class RegistrationSerializer(ModelSerializer):
    program = VisibleField(queryset=Program.objects.select_related("organiser"))
    person = VisibleField(queryset=Person.objects.select_related("organisation"))
    group = VisibleField(queryset=Group.objects.all(), required=False, allow_null=True)
    position = serializers.IntegerField(min_value=0, max_value=LARGEST_POSITION, required=False)
    person_name = serializers.CharField(source="person.name", read_only=True)
    masked_id = serializers.SerializerMethodField()
    organisation_name = serializers.CharField(source="organisation", read_only=True)
    delegation_name = serializers.CharField(source="delegation.organisation", read_only=True)
    group_name = serializers.CharField(source="group.name", read_only=True, default="")
    status_label = serializers.CharField(source="get_status_display", read_only=True)

    class Meta:
        model = Registration
        validators: ClassVar[list[Any]] = []  # the rule refuses a second registration, with 409
        read_only_fields: ClassVar[list[str]] = [
            "organisation",
            "delegation",
            "allocation",
            "status",
            "status_reason",
            "status_changed_at",
            "submitted_at",
            "endorsed_at",
            "confirmed_at",
            "replaces",
            "created_at",
        ]
        fields: ClassVar[list[str]] = [
            "id",
            "program",
            "person",
            "person_name",
            "masked_id",
            "organisation_name",
            "delegation_name",
            "role",
            "group",
            "group_name",
            "position",
            "status_label",
            *read_only_fields,
        ]

    def to_representation(self, registration: Registration) -> dict[str, Any]:
        """Only what the caller's role needs; see participants/people/fields.py."""
        shield_registrations([registration], self.context["request"].user)
        return super().to_representation(registration)  # type: ignore[no-any-return]

    def get_masked_id(self, registration: Registration) -> str:
        return mask_national_id(registration.person.national_id)


class ChangeSerializer(RegistrationSerializer):
    """What may be changed later: role, group, order."""

    class Meta(RegistrationSerializer.Meta):
        fields: ClassVar[list[str]] = ["role", "group", "position"]
        read_only_fields: ClassVar[list[str]] = []


class SubmitSerializer(serializers.Serializer[Any]):
    waitlist = serializers.BooleanField(default=False)


class ReplaceSerializer(serializers.Serializer[Any]):
    person = VisibleField(queryset=Person.objects.select_related("organisation"))


class BulkSerializer(ReasonSerializer):
    action = serializers.ChoiceField(choices=bulk.ACTIONS)
    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=MOST_AT_ONCE)
    waitlist = serializers.BooleanField(default=False)


BulkAnswer = inline_serializer(
    "BulkAnswer",
    {
        "done": serializers.IntegerField(),
        "refused": inline_serializer("Refused", {"id": serializers.IntegerField(), "code": CleanCharField(), "message": CleanCharField()}, many=True),
    },
)


class RegistrationFilter(FilterSet):
    program = IdFilter("program_id")
    person = IdFilter("person_id")
    delegation = IdFilter("delegation_id")
    organisation = IdFilter("organisation_id")
    group = IdFilter("group_id")
    status = MultipleChoiceFilter(choices=RegistrationStatus.choices)
    role = CharFilter(max_length=20)

    class Meta:
        model = Registration
        fields: ClassVar[list[str]] = []


class RegistrationViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """People's places, or wishes for one, in programs."""

    queryset = Registration.objects.for_list()
    serializer_class = RegistrationSerializer
    filterset_class = RegistrationFilter
    search_fields: ClassVar[list[str]] = ["person__name", "person__pinyin", "person__initials"]
    filter_backends = FILTERS
    person_path = "person"
    ordering_fields: ClassVar[list[str]] = ["id", "position", "status", "submitted_at", "created_at"]
    access: ClassVar[dict[str, str]] = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "create": "registration.change",
        "partial_update": "registration.change",
        "destroy": "registration.change",
        "submit": "registration.submit",
        "endorse": "registration.endorse",
        "confirm": "registration.confirm",
        "send_back": "registration.return",
        "decline": "registration.decline",
        "withdraw": "registration.withdraw",
        "undo": "registration.undo",
        "replace": "registration.replace",
        "bulk": "registration.withdraw",  # open to everyone who may do any of the actions; each is asked for again below
    }

    def answer(self, registration: Registration, status: int = 200) -> Response:
        fresh = self.queryset.all().get(pk=registration.pk)
        return Response(RegistrationSerializer(fresh, context=self.get_serializer_context()).data, status=status)

    def values(self, serializer: type[serializers.BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        form = serializer(data=self.request.data, context=self.get_serializer_context(), **options)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def create(self, request: Request) -> Response:
        values = self.values(RegistrationSerializer)
        if not access.may(request.user, "registration.change", values["person"]):
            access.require(request.user, "program.change", values["program"])
        return self.answer(rules.create_registration(by=request.user, now=timezone.now(), **values), 201)

    @extend_schema(request=ChangeSerializer, responses=RegistrationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        return self.answer(rules.change_registration(registration=row, by=request.user, **self.values(ChangeSerializer, partial=True)))

    def destroy(self, request: Request, pk: str) -> Response:
        rules.remove_draft(registration=self.get_object(), by=request.user)
        return Response(status=204)

    @extend_schema(request=SubmitSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Take a place, or 409 `quota_full`; with `waitlist` wait for one instead."""
        return self.answer(rules.submit(registration=self.get_object(), by=request.user, now=timezone.now(), **self.values(SubmitSerializer)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def endorse(self, request: Request, pk: str) -> Response:
        """The district agrees."""
        return self.answer(rules.endorse(registration=self.get_object(), by=request.user, now=timezone.now()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """The organiser agrees: the person takes part."""
        return self.answer(rules.confirm(registration=self.get_object(), by=request.user, now=timezone.now()))

    @extend_schema(request=ReasonSerializer)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """Back to the school for correction, with a reason; the place becomes free."""
        return self.answer(rules.send_back(registration=self.get_object(), by=request.user, now=timezone.now(), **self.values(ReasonSerializer)))

    @extend_schema(request=ReasonSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Refuse for good, with a reason; the place becomes free."""
        return self.answer(rules.decline(registration=self.get_object(), by=request.user, now=timezone.now(), **self.values(ReasonSerializer)))

    @extend_schema(request=ReasonSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """The sender takes the person back; the place becomes free."""
        return self.answer(rules.withdraw(registration=self.get_object(), by=request.user, now=timezone.now(), **self.values(ReasonSerializer)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take back the last step, as long as nobody has gone on from there."""
        return self.answer(undo(registration=self.get_object(), by=request.user, now=timezone.now()))

    @extend_schema(request=ReplaceSerializer)
    @action(detail=True, methods=["post"])
    def replace(self, request: Request, pk: str) -> Response:
        """Another person of the same unit takes over the place; answers with the new registration."""
        return self.answer(rules.replace(registration=self.get_object(), by=request.user, now=timezone.now(), **self.values(ReplaceSerializer)))

    @extend_schema(request=BulkSerializer, responses=BulkAnswer)
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """One action on many; those that are refused come back with a code and a message."""
        values = self.values(BulkSerializer)
        name, ids = values.pop("action"), list(dict.fromkeys(values.pop("ids")))
        access.require(request.user, f"registration.{name}")
        seen = {row.pk: row for row in self.get_queryset().filter(pk__in=ids)}
        allowed = [row for row in seen.values() if access.may(request.user, f"registration.{name}", row)]
        done, refused = bulk.decide_many(action=name, registrations=allowed, by=request.user, now=timezone.now(), **values)
        reasons = {row.pk: (violation.code, violation.message) for row, violation in refused}
        reasons |= {pk: ("not_found", _("There is nothing here, or it is not yours to see.")) for pk in ids if pk not in seen}
        reasons |= {pk: ("forbidden", _("Your role does not allow this.")) for pk in seen.keys() - {row.pk for row in allowed}}
        answer = [{"id": pk, "code": reasons[pk][0], "message": reasons[pk][1]} for pk in ids if pk in reasons]
        return Response({"done": len(done), "refused": answer})
