"""Certificates and batches as the API shows them."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from events.programs.models import Program
from exchange import access
from exchange.api import ModelSerializer, VisibleField
from exchange.house_dates import is_english
from exchange.masking import mask_name
from participants.certificates import sight
from participants.certificates.bundles import Order
from participants.certificates.codes import verify_url
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate, CertificateBatch, CertificateBatchItem
from participants.certificates.office_names import english_names, issuers_of
from participants.certificates.refusals import reason
from participants.certificates.wording import kind_of
from participants.directory.models import Organisation
from participants.rosters.models import Delegation


class CertificateSerializer(ModelSerializer):
    program = serializers.IntegerField(source="program_id", read_only=True)
    program_title = serializers.CharField(source="program", read_only=True)
    organisation = serializers.IntegerField(source="organisation_id", read_only=True)
    organisation_name = serializers.CharField(source="organisation", read_only=True)
    issuer_name = serializers.CharField(source="issuer", read_only=True)
    status_label = serializers.CharField(source="get_status_display", read_only=True)
    hours = serializers.CharField(source="facts.hours", read_only=True)
    issuer_names = serializers.SerializerMethodField()
    kind = serializers.SerializerMethodField()
    verify_url = serializers.SerializerMethodField()

    class Meta:
        model = Certificate
        fields: ClassVar[list[str]] = [
            "id",
            "number",
            "code",
            "verify_url",
            "registration",
            "award",
            "kind",
            "replaces",
            "holder_name",
            "program",
            "program_title",
            "organisation",
            "organisation_name",
            "issuer",
            "issuer_name",
            "issuer_names",
            "year",
            "serial",
            "hours",
            "status",
            "status_label",
            "status_reason",
            "status_changed_at",
            "issued_at",
            "pdf_sha256",
            "pdf_made_at",
        ]
        read_only_fields = fields

    def to_representation(self, certificate: Certificate) -> dict[str, Any]:
        """Of a minor, viewers get the surname."""
        sight.shield([certificate], self.context["request"].user)
        return super().to_representation(certificate)  # type: ignore[no-any-return]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_issuer_names(self, certificate: Certificate) -> list[str]:
        """All offices that the paper names, in the language of the request where they have a name in it."""
        context: Any = self.context  # one for all rows of a list
        if "offices" not in context:
            context["offices"] = english_names() if is_english() else {}
        return issuers_of(facts_of(certificate), context["offices"])

    def get_kind(self, certificate: Certificate) -> str:
        return kind_of(facts_of(certificate))

    @extend_schema_field(serializers.URLField())
    def get_verify_url(self, certificate: Certificate) -> str:
        return verify_url(certificate.code)


class BatchOrderSerializer(serializers.Serializer[Any]):
    program = VisibleField(queryset=Program.objects.select_related("organiser", "issuer"))
    delegation = VisibleField(queryset=Delegation.objects.all(), required=False, allow_null=True)
    organisation = VisibleField(queryset=Organisation.objects.all(), required=False, allow_null=True)


class OrderSerializer(serializers.Serializer[Any]):
    """How a pile of papers is sorted."""

    order = serializers.ChoiceField(choices=Order.choices, default=Order.ROSTER)


class BatchItemSerializer(ModelSerializer):
    holder_name = serializers.SerializerMethodField()
    number = serializers.CharField(source="certificate.number", read_only=True, default=None)
    error = serializers.SerializerMethodField()

    class Meta:
        model = CertificateBatchItem
        fields: ClassVar[list[str]] = ["position", "registration", "award", "holder_name", "certificate", "number", "error_code", "error", "finished_at"]
        read_only_fields = fields

    def get_holder_name(self, item: CertificateBatchItem) -> str:
        """Viewers of the program's office get the surname."""
        return mask_name(item.holder_name) if self.hides_names(item) else item.holder_name

    def get_error(self, item: CertificateBatchItem) -> str:
        """Why there is no certificate, in the language of the request."""
        return reason(item, hides_names=self.hides_names(item)) if item.error_code else ""

    def hides_names(self, item: CertificateBatchItem) -> bool:
        return not access.may(self.context["request"].user, "certificate.issue", item.batch.program)


class BatchSerializer(ModelSerializer):
    class Meta:
        model = CertificateBatch
        fields: ClassVar[list[str]] = ["id", "program", "delegation", "organisation", "status", "total", "done", "failed", "created_at", "status_changed_at"]
        read_only_fields = fields


class BatchDetailSerializer(BatchSerializer):
    items = BatchItemSerializer(many=True, read_only=True)

    class Meta(BatchSerializer.Meta):
        fields: ClassVar[list[str]] = [*BatchSerializer.Meta.fields, "items"]
        read_only_fields = fields
