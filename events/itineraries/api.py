"""Venues, groups and itinerary items over the API."""

from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from events.itineraries import drafts, rules
from events.itineraries.filters import GroupFilters, ItineraryItemFilters, VenueFilters
from events.itineraries.models import Group, ItineraryItem, Venue
from events.itineraries.serializers import GroupSerializer, ItineraryItemSerializer, VenueSerializer
from exchange import access
from exchange.api import ReasonSerializer, ScopedViewSet


class PlannedViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """List, read, add, change and remove rows of an itinerary. `parent` names the field whose row decides who may add."""

    change_action: ClassVar[str] = ""
    parent: ClassVar[str] = "program"

    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        access.require(request.user, self.change_action, serializer.validated_data[self.parent])
        return Response(self.shown(self.added(serializer.validated_data)), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        serializer = self.get_serializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        if self.parent in serializer.validated_data:
            access.require(request.user, self.change_action, serializer.validated_data[self.parent])
        return Response(self.shown(self.changed(row, serializer.validated_data)))

    def destroy(self, request: Request, pk: str) -> Response:
        self.removed(self.get_object())
        return Response(status=204)

    def shown(self, row: Any) -> Any:
        """The row as the list shows it: read anew, with what its reader may see."""
        return self.get_serializer(self.get_queryset().get(pk=row.pk)).data

    def added(self, fields: dict[str, Any]) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.added")

    def changed(self, row: Any, fields: dict[str, Any]) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.changed")

    def removed(self, row: Any) -> None:
        rules.delete_row(row=row, by=self.request.user)


class VenueViewSet(PlannedViewSet):
    """Places where items happen."""

    queryset = Venue.objects.select_related("owner")
    serializer_class = VenueSerializer
    filterset_class = VenueFilters
    search_fields = ["name_zh", "name_en", "address_zh"]
    ordering_fields = ["name_zh", "capacity"]
    change_action, parent = "venue.change", "owner"
    access = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "create": "venue.change",
        "partial_update": "venue.change",
        "destroy": "venue.change",
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().with_insight(self.request.user)

    def added(self, fields: dict[str, Any]) -> Venue:
        return rules.save_venue(by=self.request.user, at=timezone.now(), **fields)

    def changed(self, row: Venue, fields: dict[str, Any]) -> Venue:
        return rules.save_venue(venue=row, by=self.request.user, at=timezone.now(), **fields)


class GroupViewSet(PlannedViewSet):
    """Groups of a program and their coaches."""

    queryset = Group.objects.select_related("program__organiser")
    serializer_class = GroupSerializer
    filterset_class = GroupFilters
    search_fields = ["name", "coach"]
    ordering_fields = ["number"]
    change_action = "group.change"
    access = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "create": "group.change",
        "partial_update": "group.change",
        "destroy": "group.change",
    }

    def added(self, fields: dict[str, Any]) -> Group:
        return rules.save_group(by=self.request.user, at=timezone.now(), **fields)

    def changed(self, row: Group, fields: dict[str, Any]) -> Group:
        return rules.save_group(group=row, by=self.request.user, at=timezone.now(), **fields)


class ItineraryItemViewSet(PlannedViewSet):
    """Items of an itinerary. A draft's are deleted, a published program's are cancelled and can be restored."""

    queryset = ItineraryItem.objects.select_related("program__organiser").prefetch_related("groups")
    serializer_class = ItineraryItemSerializer
    filterset_class = ItineraryItemFilters
    search_fields = ["title_zh", "title_en", "location", "venue__name_zh"]
    ordering_fields = ["starts_at", "changed_at"]
    change_action = "itinerary.change"
    access = {
        "list": "anyone",
        "retrieve": "anyone",
        "create": "itinerary.change",
        "partial_update": "itinerary.change",
        "destroy": "itinerary.change",
        "cancel": "itinerary.change",
        "restore": "itinerary.change",
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().with_insight(self.request.user)

    def added(self, fields: dict[str, Any]) -> ItineraryItem:
        now = timezone.now()
        with drafts.announced(fields["program"], self.request.user, now):
            return rules.create_item(by=self.request.user, at=now, **fields)

    def changed(self, row: ItineraryItem, fields: dict[str, Any]) -> ItineraryItem:
        now = timezone.now()
        with drafts.announced(row.program, self.request.user, now):
            return rules.change_item(item=row, by=self.request.user, at=now, **fields)

    def removed(self, row: ItineraryItem) -> None:
        rules.delete_item(item=row, by=self.request.user)

    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def cancel(self, request: Request, pk: str) -> Response:
        """Call an item off; calendars keep it as cancelled."""
        item, now = self.get_object(), timezone.now()
        reason = ReasonSerializer(data=request.data)
        reason.is_valid(raise_exception=True)
        with drafts.announced(item.program, request.user, now):
            item = rules.cancel_item(item=item, by=request.user, at=now, **reason.validated_data)
        return Response(self.as_item(item))

    @action(detail=True, methods=["post"], serializer_class=ItineraryItemSerializer)
    def restore(self, request: Request, pk: str) -> Response:
        """Bring a cancelled item back."""
        item, now = self.get_object(), timezone.now()
        with drafts.announced(item.program, request.user, now):
            item = rules.restore_item(item=item, by=request.user, at=now)
        return Response(self.as_item(item))

    def as_item(self, item: ItineraryItem) -> Any:
        return ItineraryItemSerializer(self.get_queryset().get(pk=item.pk), context=self.get_serializer_context()).data
