"""The own inbox under /api/v1/notices/, and which mail one wants."""

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import BooleanFilter
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from events.programs.models import Program
from exchange import access
from exchange.api import FilterSet, IdFilter, ModelSerializer, ScopedViewSet, VisibleField
from participants.notices import rules
from participants.notices.forms import CHOSEN_KINDS
from participants.notices.models import Notice
from participants.notices.words import Line, lines
from participants.rosters.reminders import remind_today

REMINDED = inline_serializer("Reminded", {"told": serializers.IntegerField()})
MARKED = inline_serializer("MarkedAsRead", {"marked": serializers.IntegerField()})


class NoticeSerializer(ModelSerializer):
    """A notice with its words in the language of the request; `url` is the page where the work is."""

    title = serializers.SerializerMethodField()
    names = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Notice
        fields: ClassVar[list[str]] = [
            "id",
            "kind",
            "title",
            "names",
            "program",
            "organisation",
            "number",
            "places",
            "due_at",
            "reason",
            "url",
            "created_at",
            "read_at",
        ]
        read_only_fields = fields

    def line(self, notice: Notice) -> Line:
        """The words of the whole page are made at once."""
        if not hasattr(self, "_lines"):
            page: Any = self.parent.instance if self.parent is not None else [notice]
            self._lines: dict[int, Line] = {line.notice.pk: line for line in lines(page)}
        return self._lines[notice.pk]

    def get_title(self, notice: Notice) -> str:
        return self.line(notice).title

    def get_names(self, notice: Notice) -> str:
        return self.line(notice).names

    def get_url(self, notice: Notice) -> str:
        return self.line(notice).url


class PreferenceSerializer(serializers.Serializer[Any]):
    """`muted`: kinds of which no mail is wanted; `daily`: one summary a day instead of a letter for each change."""

    daily = serializers.BooleanField()
    muted = serializers.ListField(child=serializers.ChoiceField(choices=CHOSEN_KINDS), max_length=20)


class RemindSerializer(serializers.Serializer[Any]):
    program = VisibleField(queryset=Program.objects.select_related("organiser"))


class NoticeFilter(FilterSet):
    unread = BooleanFilter(field_name="read_at", lookup_expr="isnull")
    program = IdFilter("program_id")

    class Meta:
        model = Notice
        fields: ClassVar[list[str]] = ["kind"]


class NoticeViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """The caller's own notices, newest first; other people's answer 404, to an administrator too."""

    queryset = Notice.objects.select_related("program", "organisation")
    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter
    ordering_fields: ClassVar[list[str]] = ["id", "created_at"]
    access: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("list", "retrieve", "read", "read_all", "preferences", "choose"), "signed_in"),
        "remind": "delegation.change",
    }

    def get_queryset(self) -> Any:
        user = self.request.user
        return super().get_queryset().filter(user_id=user.pk) if user.is_authenticated else Notice.objects.none()

    @extend_schema(request=None, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark one notice as read."""
        notice = self.get_object()
        rules.mark_read(notices=Notice.objects.filter(pk=notice.pk), now=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=MARKED)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark all notices as read; answers how many were not."""
        return Response({"marked": rules.mark_read(notices=self.get_queryset(), now=timezone.now())})

    @extend_schema(responses=PreferenceSerializer)
    @action(detail=False, pagination_class=None, filter_backends=[])
    def preferences(self, request: Request) -> Response:
        """Which mail the caller gets."""
        chosen = rules.preference_of(request.user)  # type: ignore[arg-type]
        return Response({"daily": chosen.daily, "muted": chosen.muted})

    @extend_schema(request=PreferenceSerializer, responses=PreferenceSerializer)
    @preferences.mapping.put
    def choose(self, request: Request) -> Response:
        """Choose which mail comes, and how often."""
        form = PreferenceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        chosen = rules.choose_mail(user=request.user, **form.validated_data)  # type: ignore[arg-type]
        return Response({"daily": chosen.daily, "muted": chosen.muted})

    @extend_schema(request=RemindSerializer, responses=REMINDED)
    @action(detail=False, methods=["post"])
    def remind(self, request: Request) -> Response:
        """The organiser reminds everybody who has something left to submit, once a day at most; answers how many people were told now."""
        form = RemindSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        program = form.validated_data["program"]
        access.require(request.user, "delegation.change", program)
        return Response({"told": remind_today(program=program, by=request.user, now=timezone.now())})
