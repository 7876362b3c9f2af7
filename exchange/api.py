"""The base of every API view: scope, policy and serializers."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _
from django_filters.rest_framework import FilterSet
from rest_framework import exceptions, serializers, viewsets
from rest_framework.metadata import SimpleMetadata
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from exchange.api_input import CleanCharField, IdFilter, SaneDateField, SaneDateFilter, SaneDateTimeField
from exchange.idempotency import IdempotentPosts
from exchange.validators import LARGEST_ID


class ModelSerializer(serializers.ModelSerializer[Any]):
    """The project's serializer base: explicit fields, clean text, sane years."""

    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: CleanCharField,
        models.TextField: CleanCharField,
        models.DateField: SaneDateField,
        models.DateTimeField: SaneDateTimeField,
    }


class VisibleField(serializers.PrimaryKeyRelatedField):
    """The id of a row that the caller may see; any other id is as good as none (400). `model` is a label such as "participants.Person"."""

    key: serializers.Field = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)  # keeps infinity and huge numbers away from the database

    def __init__(self, *, model: str = "", **options: Any) -> None:
        if model:
            options["queryset"] = apps.get_model(model).objects.all()
        super().__init__(**options)

    def get_queryset(self) -> Any:
        return super().get_queryset().visible_to(self.context["request"].user)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(self.key.run_validation(data))


class ReasonSerializer(serializers.Serializer[Any]):
    reason = CleanCharField(max_length=500, required=False, allow_blank=True, default="")


class Description(SimpleMetadata):
    """What OPTIONS answers: name and media types. Which fields can be sent stands in the OpenAPI description."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        return {}


class Policed(IdempotentPosts):
    """Mixin of every API view: `access` names the policy per action (a string serves all)."""

    access: ClassVar[str | Mapping[str, str]] = {}
    metadata_class = Description

    def policy(self) -> str | None:
        if isinstance(self.access, str):
            return self.access
        action = getattr(self, "action", None) or self.request.method.lower()  # type: ignore[attr-defined]
        if action == "metadata":
            return "signed_in"
        return self.access.get(action)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        for name, values in request.query_params.lists():
            if any("\x00" in text for text in (name, *values)):
                raise exceptions.ParseError(_("A parameter contains a NUL character."), code="control_characters")
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method not in SAFE_METHODS:
            request.data  # noqa: B018  a malformed body is refused also by actions that need none


class PolicedView(Policed, APIView):
    """A single API view outside of the viewsets."""


class ScopedViewSet(Policed, viewsets.GenericViewSet[Any]):
    """A viewset whose rows come through `visible_to` (else 404) and whose actions ask `access` (else 403).

    Set `queryset`, `serializer_class`, `access`, and optionally `filterset_class`, `search_fields`, `ordering_fields`.
    """

    lookup_value_regex = "[0-9]{1,18}"
    ordering_fields: ClassVar[list[str]] = []
    search_fields: ClassVar[list[str]] = []

    def get_queryset(self) -> Any:
        return super().get_queryset().visible_to(self.request.user)

    def visible_or_400(self, queryset: Any, pk: int, field: str) -> Any:
        """The visible row `pk`, or a 400 on `field`: for ids inside a body, where a foreign row is as good as none."""
        row = queryset.visible_to(self.request.user).filter(pk=pk).first()
        if row is None:
            raise serializers.ValidationError({field: [_("There is no such entry.")]}, code="does_not_exist")
        return row


__all__ = ["FilterSet", "IdFilter", "ModelSerializer", "PolicedView", "ReasonSerializer", "SaneDateFilter", "ScopedViewSet", "VisibleField"]
