"""Materials over the API."""

from typing import Any, ClassVar

import django_filters
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from events.itineraries.filters import visible_choice
from events.itineraries.materials import rules
from events.itineraries.materials.answers import download
from events.itineraries.materials.contents import MAX_BYTES
from events.itineraries.materials.models import Material
from events.itineraries.materials.pages import MATERIALS
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from exchange import access
from exchange.api import FilterSet, ModelSerializer, ScopedViewSet, VisibleField
from exchange.api_input import GuardedJSONParser
from exchange.problems import PayloadTooLarge


class MaterialFilters(FilterSet):
    program = django_filters.ModelChoiceFilter(queryset=visible_choice(Program), field_name="item__program")
    item = django_filters.ModelChoiceFilter(queryset=visible_choice(ItineraryItem))

    class Meta:
        model = Material
        fields: ClassVar[list[str]] = ["program", "item"]


class MaterialSerializer(ModelSerializer):
    class Meta:
        model = Material
        fields: ClassVar[list[str]] = ["id", "item", "name", "kind", "size", "sha256", "is_public", "uploaded_at"]
        read_only_fields: ClassVar[list[str]] = ["item", "name", "kind", "size", "sha256", "uploaded_at"]


class MaterialUploadSerializer(serializers.Serializer[Any]):
    item = VisibleField(model="events.ItineraryItem")
    file = serializers.FileField(allow_empty_file=True)
    is_public = serializers.BooleanField(required=False, default=False)


class MaterialViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Files that go with items. What a file is, is told from its bytes."""

    queryset = MATERIALS
    serializer_class = MaterialSerializer
    filterset_class = MaterialFilters
    parser_classes = [MultiPartParser, GuardedJSONParser]
    ordering_fields: ClassVar[list[str]] = ["uploaded_at", "size"]
    search_fields: ClassVar[list[str]] = ["name"]
    access: ClassVar = {
        "list": "anyone",
        "retrieve": "anyone",
        "file": "anyone",
        "create": "material.change",
        "partial_update": "material.change",
        "destroy": "material.change",
    }

    @extend_schema(request={"multipart/form-data": MaterialUploadSerializer}, responses={201: MaterialSerializer})
    def create(self, request: Request) -> Response:
        """Add a file: multipart with `item`, `file` and, where everyone may fetch it, `is_public`. Larger than 10 MB is 413."""
        form = MaterialUploadSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        item, upload = form.validated_data["item"], form.validated_data["file"]
        access.require(request.user, "material.change", item)
        if upload.size > MAX_BYTES:
            raise PayloadTooLarge
        facts = {"is_public": form.validated_data["is_public"], "by": request.user, "at": timezone.now()}
        material = rules.add_material(item=item, name=upload.name, data=upload.read(), **facts)
        return Response(self.get_serializer(material).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change `is_public`."""
        row = self.get_object()
        form = self.get_serializer(row, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        is_public = form.validated_data.get("is_public", row.is_public)
        return Response(self.get_serializer(rules.set_public(material=row, is_public=is_public, by=request.user)).data)

    def destroy(self, request: Request, pk: str) -> Response:
        rules.delete_material(material=self.get_object(), by=request.user)
        return Response(status=204)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str) -> FileResponse:
        """The file itself, as a download."""
        return download(self.get_object())
