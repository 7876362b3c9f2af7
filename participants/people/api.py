"""People under /api/v1/people/: numbers go in whole and come out masked; the whole ones are an audited action."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.fields import get_error_detail
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from exchange import access
from exchange.api import FilterSet, IdFilter, ModelSerializer, ScopedViewSet, VisibleField
from exchange.masking import mask_national_id, mask_phone
from participants.directory.models import Organisation
from participants.people import checks, fields, rules
from participants.people.merging import merge_people
from participants.people.models import Person
from participants.people.search import FILTERS
from participants.rosters.models import Registration


def checked(check: Callable[[str], str], value: str) -> str:
    """Run a check of plain values and keep its code in the API's answer."""
    try:
        return check(value)
    except DjangoValidationError as error:
        raise serializers.ValidationError(get_error_detail(error)) from error


class PersonSerializer(ModelSerializer):
    organisation = VisibleField(queryset=Organisation.objects.all())
    organisation_name = serializers.CharField(source="organisation", read_only=True)
    masked_id = serializers.SerializerMethodField()
    masked_phone = serializers.SerializerMethodField()
    masked_emergency_phone = serializers.SerializerMethodField()

    class Meta:
        model = Person
        read_only_fields: ClassVar[list[str]] = ["pinyin", "initials"]
        fields: ClassVar[list[str]] = [
            "id",
            "organisation",
            "organisation_name",
            "name",
            "name_en",
            "pinyin",
            "initials",
            "gender",
            "ethnicity",
            "birth_on",
            "national_id",
            "masked_id",
            "phone",
            "masked_phone",
            "email",
            "position",
            "professional_title",
            "stage",
            "subject",
            "diet",
            "lodging",
            "emergency_contact",
            "emergency_phone",
            "masked_emergency_phone",
            "memo",
        ]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "national_id": {"write_only": True, "max_length": 40},
            "phone": {"write_only": True, "max_length": 40},
            "emergency_phone": {"write_only": True, "max_length": 40},
        }

    def to_representation(self, person: Person) -> dict[str, Any]:
        """Only what the caller's role needs; see participants/people/fields.py."""
        seen_as = fields.roles_in(person) if hasattr(person, "sight_sender") else fields.roles_for(self.context["request"].user, person)
        return super().to_representation(fields.shield(person, seen_as))  # type: ignore[no-any-return]

    def get_masked_id(self, person: Person) -> str:
        return mask_national_id(person.national_id)

    def get_masked_phone(self, person: Person) -> str:
        return mask_phone(person.phone)

    def get_masked_emergency_phone(self, person: Person) -> str:
        return mask_phone(person.emergency_phone)

    def validate_name(self, value: str) -> str:
        return checked(checks.clean_name, value)

    def validate_national_id(self, value: str) -> str:
        return checked(checks.clean_national_id, value)

    def validate_phone(self, value: str) -> str:
        return checked(checks.clean_phone, value)

    def validate_emergency_phone(self, value: str) -> str:
        return checked(checks.clean_phone, value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        organisation = attrs.pop("organisation", None) if self.instance is not None else None
        if organisation is not None and organisation.pk != self.instance.organisation_id:
            raise serializers.ValidationError({"organisation": [rules.STAYS_IN_UNIT]}, code="organisation_fixed")
        try:
            return checks.complete(attrs, self.instance)
        except DjangoValidationError as error:
            raise serializers.ValidationError(get_error_detail(error)) from error


class PersonDetailSerializer(PersonSerializer):
    """With the private link, for those who look after the person."""

    link = serializers.SerializerMethodField()
    feed = serializers.SerializerMethodField()

    class Meta(PersonSerializer.Meta):
        fields: ClassVar[list[str]] = [*PersonSerializer.Meta.fields, "link", "feed"]

    def may_have_link(self, person: Person) -> bool:
        if "may_have_link" not in self.context:
            self.context["may_have_link"] = access.may(self.context["request"].user, "person.link", person)
        return bool(self.context["may_have_link"])

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_link(self, person: Person) -> str | None:
        return rules.link_url(person) if self.may_have_link(person) else None

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_feed(self, person: Person) -> str | None:
        return rules.feed_url(person) if self.may_have_link(person) else None


class PersonFilter(FilterSet):
    organisation = IdFilter("organisation_id")
    program = IdFilter(method="in_program")

    class Meta:
        model = Person
        fields: ClassVar[list[str]] = []

    def in_program(self, queryset: QuerySet[Person], name: str, value: Any) -> QuerySet[Person]:
        """Those with a registration in the program that the caller sees."""
        seen = Registration.objects.visible_to(self.request.user).active().filter(person=OuterRef("pk"), program_id=int(value))
        return queryset.filter(Exists(seen))


Numbers = inline_serializer("FullNumbers", {name: serializers.CharField() for name in sorted(rules.PERSONAL)})


class MergeSerializer(serializers.Serializer[Any]):
    other = VisibleField(queryset=Person.objects.select_related("organisation"))


class PersonViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """People known to organisations."""

    queryset = Person.objects.select_related("organisation")
    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    search_fields: ClassVar[list[str]] = ["name", "pinyin", "initials"]
    filter_backends = FILTERS
    person_path = ""
    ordering_fields: ClassVar[list[str]] = ["id", "pinyin", "created_at"]
    access: ClassVar[dict[str, str]] = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "create": "person.change",
        "partial_update": "person.change",
        "destroy": "person.change",
        "reveal": "person.reveal",
        "reset_link": "person.change",
        "merge": "person.change",
    }

    def get_queryset(self) -> Any:
        return fields.with_sight(super().get_queryset(), self.request.user)

    def get_serializer_class(self) -> type[PersonSerializer]:
        return PersonSerializer if self.action == "list" else PersonDetailSerializer

    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        access.require(request.user, "person.change", serializer.validated_data["organisation"])
        person = rules.create_person(by=request.user, **serializer.validated_data)
        return Response(self.get_serializer(person).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        person = rules.change_person(person=serializer.instance, by=request.user, **serializer.validated_data)
        return Response(self.get_serializer(person).data)

    def destroy(self, request: Request, pk: str) -> Response:
        rules.remove_person(person=self.get_object(), by=request.user)
        return Response(status=204)

    @extend_schema(request=None, responses=Numbers)
    @action(detail=True, methods=["post"])
    def reveal(self, request: Request, pk: str) -> Response:
        """The unmasked numbers; who looked is recorded."""
        return Response(rules.reveal(person=self.get_object(), by=request.user), headers={"Cache-Control": "no-store"})

    @extend_schema(request=MergeSerializer, responses=PersonDetailSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Make another record of the same person and unit part of this one; answers with the record that stays."""
        keep = self.get_object()
        form = MergeSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        access.require(request.user, "person.change", form.validated_data["other"])
        merge_people(keep=keep, gone=form.validated_data["other"], by=request.user)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=PersonDetailSerializer)
    @action(detail=True, methods=["post"], url_path="reset-link")
    def reset_link(self, request: Request, pk: str) -> Response:
        """Make the private link and feed invalid, and give a new one."""
        return Response(self.get_serializer(rules.reset_link(person=self.get_object(), by=request.user)).data)
