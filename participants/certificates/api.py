"""/api/v1/certificates/ and /api/v1/certificate-batches/."""

from typing import Any, ClassVar

from django.db.models import Prefetch
from django.http import HttpResponseBase
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from exchange import access
from exchange.api import FilterSet, IdFilter, ReasonSerializer, ScopedViewSet
from participants.certificates import batches, bundles, files, rules, sight
from participants.certificates.answers import contact_answer, list_answer, pdf_answer, print_answer, zip_answer
from participants.certificates.models import Certificate, CertificateBatch, CertificateBatchItem
from participants.certificates.serializers import BatchDetailSerializer, BatchOrderSerializer, BatchSerializer, CertificateSerializer, OrderSerializer
from participants.certificates.status import BatchStatus, CertificateStatus


class FileOrProblem(JSONRenderer):
    """Lets a caller ask for a file by any media type; refusals are JSON all the same."""

    media_type = "*/*"
    format = "file"


FILES = [JSONRenderer, FileOrProblem]


class CertificateFilter(FilterSet):
    program = IdFilter("program_id")
    registration = IdFilter("registration_id")
    organisation = IdFilter("organisation_id")
    status = ChoiceFilter(choices=CertificateStatus.choices)
    number = CharFilter(max_length=60)

    class Meta:
        model = Certificate
        fields: ClassVar[list[str]] = []


class CertificateViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Issued certificates: those of the caller's own people, and all of programs that its office organises."""

    queryset = Certificate.objects.for_list()
    serializer_class = CertificateSerializer
    filterset_class = CertificateFilter
    search_fields: ClassVar[list[str]] = ["holder_name", "number"]
    ordering_fields: ClassVar[list[str]] = ["id", "number", "issued_at", "holder_name"]
    access: ClassVar[dict[str, str]] = {
        "list": "signed_in",
        "retrieve": "signed_in",
        "pdf": "signed_in",
        "revoke": "certificate.revoke",
        "reissue": "certificate.issue",
        "replace": "certificate.revoke",
    }

    def get_queryset(self) -> Any:
        return sight.for_reading(super().get_queryset(), self.request.user)

    def filter_queryset(self, queryset: Any) -> Any:
        return sight.findable(super().filter_queryset(queryset), self.request.user, self.request.query_params.get("search", "").strip())

    def answer(self, certificate: Certificate) -> Response:
        return Response(self.get_serializer(Certificate.objects.for_list().get(pk=certificate.pk)).data)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], renderer_classes=FILES)
    def pdf(self, request: Request, pk: str) -> HttpResponseBase:
        """The paper; made anew from its frozen facts when the file is missing."""
        return pdf_answer(sight.one(self.get_object(), request.user))

    @extend_schema(request=ReasonSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Withdraw it, with a reason that stays inside."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self.answer(rules.revoke(certificate=self.get_object(), by=request.user, now=timezone.now(), reason=form.validated_data["reason"]))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def reissue(self, request: Request, pk: str) -> Response:
        """Print a lost paper again: same number, same facts."""
        return self.answer(rules.reissue(certificate=self.get_object(), by=request.user, now=timezone.now()))

    @extend_schema(request=ReasonSerializer)
    @action(detail=True, methods=["post"])
    def replace(self, request: Request, pk: str) -> Response:
        """Revoke a wrong one and put a paper with the records as they are now in its place; answers with the new one."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wrong, now = self.get_object(), timezone.now()
        facts = rules.corrected(wrong, now)
        right = rules.replace(certificate=wrong, facts=facts, by=request.user, now=now, reason=form.validated_data["reason"])
        files.ensure(right)
        return self.answer(right)


class BatchFilter(FilterSet):
    program = IdFilter("program_id")
    status = ChoiceFilter(choices=BatchStatus.choices)

    class Meta:
        model = CertificateBatch
        fields: ClassVar[list[str]] = []


class BatchViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Orders to issue certificates; a job works through their items."""

    queryset = CertificateBatch.objects.select_related("program__organiser")
    serializer_class = BatchSerializer
    filterset_class = BatchFilter
    ordering_fields: ClassVar[list[str]] = ["id", "created_at"]
    access: ClassVar[dict[str, str]] = {
        "list": "certificate.watch",
        "retrieve": "certificate.watch",
        "create": "certificate.issue",
        "resume": "certificate.issue",
        "zip": "certificate.watch",
        "print": "certificate.watch",
        "list_sheet": "certificate.watch",
        "contacts": "certificate.watch",
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action == "retrieve":
            items = CertificateBatchItem.objects.select_related("registration__person", "award", "certificate")
            rows = rows.prefetch_related(Prefetch("items", items))
        return rows

    def get_serializer_class(self) -> Any:
        return BatchDetailSerializer if self.action == "retrieve" else BatchSerializer

    def accepted(self, batch: CertificateBatch) -> Response:
        return Response(BatchSerializer(CertificateBatch.objects.get(pk=batch.pk)).data, status=202)

    @extend_schema(request=BatchOrderSerializer, responses={202: BatchSerializer})
    def create(self, request: Request) -> Response:
        """Order certificates for all who have earned one, or those of one delegation or unit."""
        form = BatchOrderSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        access.require(request.user, "certificate.issue", form.validated_data["program"])
        return self.accepted(batches.create_batch(by=request.user, now=timezone.now(), **form.validated_data))

    @extend_schema(request=None, responses={202: BatchSerializer})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Start the job of an unfinished batch again."""
        return self.accepted(batches.resume(batch=self.get_object(), by=request.user))

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], renderer_classes=FILES)
    def zip(self, request: Request, pk: str) -> HttpResponseBase:
        """One file per certificate, in a folder per unit."""
        return zip_answer(*self.issued())

    @extend_schema(parameters=[OrderSerializer], responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], renderer_classes=FILES)
    def print(self, request: Request, pk: str) -> HttpResponseBase:
        """All certificates as one file: in roster order, by unit, by strokes of the surname, or by pinyin."""
        return print_answer(*self.issued(), self.order())

    @extend_schema(parameters=[OrderSerializer], responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], renderer_classes=FILES, url_path="list", url_name="list-sheet")
    def list_sheet(self, request: Request, pk: str) -> HttpResponseBase:
        """A list of the papers in the same order, to hand them out by."""
        return list_answer(*self.issued(), self.order())

    @extend_schema(parameters=[OrderSerializer], responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], renderer_classes=FILES)
    def contacts(self, request: Request, pk: str) -> HttpResponseBase:
        """A contact sheet in the same order: the papers themselves, small, with name, unit and number below each."""
        return contact_answer(*self.issued(), self.order())

    def order(self) -> str:
        form = OrderSerializer(data=self.request.query_params)
        form.is_valid(raise_exception=True)
        return str(form.validated_data["order"])

    def issued(self) -> tuple[Any, str]:
        """The valid certificates of the batch, and a name for their file. Raises RuleViolation "nothing_issued"."""
        batch = self.get_object()
        rows = Certificate.objects.valid().filter(batch_items__batch=batch).distinct()
        return bundles.not_empty(sight.handed_out(rows, self.request.user, batch)), str(batch.program)
