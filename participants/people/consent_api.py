"""Guardians' consents under /api/v1/consents/: what was said, the signed paper, a link to sign, and taking it back."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from django_filters import ChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from exchange import access
from exchange.api import FilterSet, IdFilter, ModelSerializer, ReasonSerializer, ScopedViewSet, VisibleField
from exchange.api_input import CleanCharField, GuardedJSONParser
from exchange.problems import PayloadTooLarge
from participants.people import consent_rules
from participants.people.consent_pages import paper_answer
from participants.people.models import GuardianConsent, Person, Relation

STATES: dict[str, dict[str, Any]] = {
    "valid": {"given_at__isnull": False, "withdrawn_at": None},
    "withdrawn": {"withdrawn_at__isnull": False},
    "waiting": {"given_at": None},
}


class ConsentSerializer(ModelSerializer):
    """Without the paper; `is_valid` is what the gate asks."""

    person_name = serializers.CharField(source="person.name", read_only=True)
    guardian_name = serializers.CharField(read_only=True)
    has_paper = serializers.SerializerMethodField()
    is_valid = serializers.BooleanField(read_only=True)  # type: ignore[assignment]  # the metaclass keeps fields apart from methods

    class Meta:
        model = GuardianConsent
        fields: ClassVar[list[str]] = [
            "id",
            "person",
            "person_name",
            "way",
            "guardian_name",
            "relation",
            "text_version",
            "given_at",
            "has_paper",
            "expires_at",
            "created_at",
            "withdrawn_at",
            "withdrawn_reason",
            "is_valid",
        ]
        read_only_fields = fields

    def get_has_paper(self, given: GuardianConsent) -> bool:
        return bool(given.paper_type)


class PaperSerializer(serializers.Serializer[Any]):
    """A paper that the guardian signed: PDF, JPEG or PNG by content, at most 5 MB."""

    person = VisibleField(queryset=Person.objects.select_related("organisation"))
    guardian_name = CleanCharField(max_length=60)
    relation = serializers.ChoiceField(choices=Relation.choices)
    paper = serializers.FileField(max_length=200)


class GuardianLinkSerializer(serializers.Serializer[Any]):
    person = VisibleField(queryset=Person.objects.select_related("organisation"))


LINK = inline_serializer("ConsentLink", {"id": serializers.IntegerField(), "link": serializers.URLField(), "expires_at": serializers.DateTimeField()})


class ConsentFilter(FilterSet):
    person = IdFilter("person_id")
    organisation = IdFilter("person__organisation_id")
    program = IdFilter("person__registrations__program_id", distinct=True)
    state = ChoiceFilter(choices=[(name, name) for name in STATES], method="in_state")

    class Meta:
        model = GuardianConsent
        fields: ClassVar[list[str]] = []

    def in_state(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(**STATES[value])


class ConsentViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Consents for the children of the caller's schools. Nobody else sees them: the organiser learns through the gate whether one is missing."""

    queryset = GuardianConsent.objects.select_related("person__organisation").defer("paper")
    serializer_class = ConsentSerializer
    filterset_class = ConsentFilter
    parser_classes = (MultiPartParser, GuardedJSONParser)
    ordering_fields: ClassVar[list[str]] = ["id", "given_at", "created_at"]
    access: ClassVar[dict[str, str]] = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "create": "person.change",
        "link": "person.change",
        "paper": "person.change",
        "withdraw": "person.change",
    }

    @extend_schema(request={"multipart/form-data": PaperSerializer}, responses={201: ConsentSerializer})
    def create(self, request: Request) -> Response:
        """Record a paper that the guardian signed; it is stored encrypted."""
        form = self.checked(PaperSerializer, request)
        if form["paper"].size > consent_rules.MOST_BYTES:
            raise PayloadTooLarge(consent_rules.TOO_LARGE)
        paper = form.pop("paper").read(consent_rules.MOST_BYTES + 1)
        given = consent_rules.record_paper(paper=paper, by=request.user, now=timezone.now(), **form)
        return Response(self.get_serializer(given).data, status=201)

    @extend_schema(request=GuardianLinkSerializer, responses={201: LINK})
    @action(detail=False, methods=["post"])
    def link(self, request: Request) -> Response:
        """A link that one guardian signs once within two weeks; it is told now and never again, and ends earlier ones that nobody signed."""
        asked, token = consent_rules.make_link(by=request.user, now=timezone.now(), **self.checked(GuardianLinkSerializer, request))
        answer = {"id": asked.pk, "link": consent_rules.link_url(token), "expires_at": asked.expires_at}
        return Response(answer, status=201, headers={"Cache-Control": "no-store"})

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def paper(self, request: Request, pk: str) -> HttpResponse:
        """The signed paper; who looked is recorded."""
        return paper_answer(self.get_object(), request.user)

    @extend_schema(request=ReasonSerializer, responses=ConsentSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """The guardian takes the consent back: what was passed on its strength goes back to the school."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = consent_rules.withdraw(given=self.get_object(), by=request.user, now=timezone.now(), **form.validated_data)
        return Response(self.get_serializer(given).data)

    def checked(self, form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
        """The values, of a person for whom the caller may speak."""
        serializer = form(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        access.require(request.user, "person.change", serializer.validated_data["person"])
        return dict(serializer.validated_data)
