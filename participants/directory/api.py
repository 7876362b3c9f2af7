"""The directory's API: divisions, organisations, users, memberships, invitations, the caller's own account and tokens."""

from typing import Any, ClassVar

import django_filters
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from knox.models import AuthToken
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from exchange import access
from exchange.api import FilterSet, IdFilter, ModelSerializer, PolicedView, ScopedViewSet, VisibleField
from exchange.api_input import CleanCharField
from participants.directory import rules
from participants.directory.accounts import confirm_password
from participants.directory.models import Division, Invitation, Membership, Organisation, OrganisationLevel, Role, User

# Divisions and organisations -------------------------------------------------------------------------------------------


class DivisionSerializer(ModelSerializer):
    province = serializers.CharField(source="province_code", read_only=True)

    class Meta:
        model = Division
        fields = ["code", "name", "full_name", "level", "parent", "province"]


class DivisionFilters(FilterSet):
    level = django_filters.ChoiceFilter(choices=Division._meta.get_field("level").choices)
    parent = django_filters.CharFilter(field_name="parent_id")
    province = django_filters.CharFilter(method="in_province")

    def in_province(self, rows: QuerySet[Division], name: str, value: str) -> QuerySet[Division]:
        return rows.filter(code__startswith=value[:2]) if len(value) == 6 else rows.none()


class DivisionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """The divisions of GB/T 2260."""

    queryset = Division.objects.all()
    serializer_class = DivisionSerializer
    filterset_class = DivisionFilters
    search_fields = ["name", "full_name", "=code"]
    ordering_fields = ["code", "name"]
    lookup_value_regex = "[0-9]{6}"
    access = "anyone"


class AliasesField(serializers.ListField):
    """Aliases as a plain list of names."""

    child = CleanCharField(max_length=80)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, **kwargs)

    def get_attribute(self, instance: Organisation) -> list[str]:
        return [alias.name for alias in instance.aliases.all()]


class OrganisationSerializer(ModelSerializer):
    parent = VisibleField(queryset=Organisation.objects.all(), allow_null=True, required=False, default=None)
    division = VisibleField(queryset=Division.objects.all(), allow_null=True, required=False)
    aliases = AliasesField(required=False)
    name = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = Organisation
        fields = [
            *("id", "name", "name_zh", "name_en", "short_name", "level", "parent", "division", "stage"),
            *("number_prefix", "contact_name", "contact_phone", "aliases", "is_active"),
        ]
        validators: ClassVar[list[Any]] = []  # names are compared under the rule's lock


class OrganisationFilters(FilterSet):
    level = django_filters.ChoiceFilter(choices=OrganisationLevel.choices)
    parent = IdFilter(field_name="parent_id")
    under = IdFilter(method="in_subtree")
    division = django_filters.CharFilter(field_name="division_id")
    is_active = django_filters.BooleanFilter()

    class Meta:
        model = Organisation
        fields: ClassVar[list[str]] = []

    def in_subtree(self, rows: QuerySet[Organisation], name: str, value: Any) -> QuerySet[Organisation]:
        top = rows.filter(pk=int(value)).first()
        return rows.filter(path__startswith=top.path) if top else rows.none()


class OrganisationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """The caller's subtree, and the offices and partners that anyone may name."""

    queryset = Organisation.objects.prefetch_related("aliases")
    serializer_class = OrganisationSerializer
    filterset_class = OrganisationFilters
    search_fields = ["name_zh", "name_en", "short_name", "aliases__name"]
    ordering_fields = ["path", "name_zh", "level", "division"]
    access = {"list": "signed_in", "retrieve": "signed_in", "create": "organisation.create", "partial_update": "organisation.change"}

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        rules.require_place(by=request.user, parent=form.validated_data["parent"])
        return Response(self.get_serializer(rules.create_organisation(by=request.user, **form.validated_data)).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        organisation = self.get_object()
        form = self.get_serializer(organisation, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        rules.require_place(by=request.user, parent=form.validated_data.get("parent", organisation.parent), organisation=organisation)
        return Response(self.get_serializer(rules.change_organisation(organisation=organisation, by=request.user, **form.validated_data)).data)


# Users, memberships and invitations ------------------------------------------------------------------------------------


class MembershipSerializer(ModelSerializer):
    user = VisibleField(queryset=User.objects.all())
    organisation = VisibleField(queryset=Organisation.objects.all())
    user_name = serializers.CharField(source="user.display_name", read_only=True)
    organisation_name = serializers.CharField(source="organisation.__str__", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "user", "user_name", "organisation", "organisation_name", "role", "created_at"]
        validators: ClassVar[list[Any]] = []


class OwnMembershipSerializer(ModelSerializer):
    organisation_name = serializers.CharField(source="organisation.__str__", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "organisation", "organisation_name", "role"]


class UserSerializer(ModelSerializer):
    memberships = serializers.SerializerMethodField()
    has_second_factor = serializers.BooleanField(source="second_factor", read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "display_name", "email", "is_active", "has_second_factor", "memberships"]

    @extend_schema_field(OwnMembershipSerializer(many=True))
    def get_memberships(self, user: User) -> Any:
        """Only the roles that the caller may know: the prefetched rows are those of the whole platform."""
        caller = self.context["request"].user
        known = [row for row in user.memberships.all() if caller == user or caller.is_superuser or access.has_role(caller, row.organisation, access.OFFICER)]
        return OwnMembershipSerializer(known, many=True).data


class UserFilters(FilterSet):
    organisation = IdFilter(field_name="memberships__organisation_id", distinct=True)
    role = django_filters.ChoiceFilter(field_name="memberships__role", choices=Role.choices, distinct=True)
    is_active = django_filters.BooleanFilter()


class UserViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """The caller, and whoever has a role in an organisation that the caller keeps."""

    queryset = User.objects.annotate(second_factor=Exists(Authenticator.objects.filter(user_id=OuterRef("pk"), type="totp"))).prefetch_related(
        "memberships__organisation"
    )
    serializer_class = UserSerializer
    filterset_class = UserFilters
    search_fields = ["username", "display_name"]
    ordering_fields = ["username", "display_name"]
    access = {"list": "signed_in", "retrieve": "signed_in", "activate": "user.change", "deactivate": "user.change"}

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        return self.switch(request, active=True)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Ends every session and token of the user at once."""
        return self.switch(request, active=False)

    def switch(self, request: Request, *, active: bool) -> Response:
        rules.set_active(user=self.get_object(), by=request.user, active=active)
        return Response(self.get_serializer(self.get_object()).data)


class MembershipFilters(FilterSet):
    organisation = IdFilter(field_name="organisation_id")
    user = IdFilter(field_name="user_id")
    role = django_filters.ChoiceFilter(choices=Role.choices)


class MembershipViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Who has which role where."""

    queryset = Membership.objects.select_related("user", "organisation")
    serializer_class = MembershipSerializer
    filterset_class = MembershipFilters
    ordering_fields = ["organisation", "user", "role", "created_at"]
    access = {"list": "signed_in", "create": "membership.change", "destroy": "membership.change"}

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        access.require(request.user, "membership.change", form.validated_data["organisation"])
        return Response(self.get_serializer(rules.add_membership(by=request.user, **form.validated_data)).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        rules.remove_membership(membership=self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class InvitationSerializer(ModelSerializer):
    organisation = VisibleField(queryset=Organisation.objects.all())
    organisation_name = serializers.CharField(source="organisation.__str__", read_only=True)
    email = serializers.EmailField(required=False, allow_blank=True, default="")

    class Meta:
        model = Invitation
        fields = ["id", "organisation", "organisation_name", "role", "display_name", "email", "expires_at", "accepted_at", "created_at"]
        read_only_fields = ["expires_at", "accepted_at", "created_at"]


class NewInvitationSerializer(InvitationSerializer):
    """The only answer with the link: what is stored is its hash."""

    link = serializers.CharField(read_only=True)

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link"]


class InvitationFilters(FilterSet):
    organisation = IdFilter(field_name="organisation_id")
    is_open = django_filters.BooleanFilter(method="opened")

    def opened(self, rows: Any, name: str, value: bool) -> Any:
        now = timezone.now()
        return rows.open(now) if value else rows.exclude(pk__in=rows.open(now).values("pk"))


class InvitationViewSet(mixins.ListModelMixin, ScopedViewSet):
    """One-time links for new users."""

    queryset = Invitation.objects.select_related("organisation")
    serializer_class = InvitationSerializer
    filterset_class = InvitationFilters
    ordering_fields = ["expires_at", "created_at"]
    access = {"list": "user.invite", "create": "user.invite", "revoke": "user.invite"}

    @extend_schema(request=InvitationSerializer, responses={201: NewInvitationSerializer})
    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        access.require(request.user, "user.invite", form.validated_data["organisation"])
        invitation, token = rules.invite(by=request.user, now=timezone.now(), **form.validated_data)
        return Response({**self.get_serializer(invitation).data, "link": rules.invitation_link(token)}, status=status.HTTP_201_CREATED)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(rules.revoke_invitation(invitation=self.get_object(), by=request.user, now=timezone.now())).data)


# The caller ------------------------------------------------------------------------------------------------------------


class MeSerializer(ModelSerializer):
    roles = serializers.SerializerMethodField()
    organisations = serializers.SerializerMethodField()
    is_administrator = serializers.BooleanField(source="is_superuser", read_only=True)
    has_second_factor = serializers.BooleanField(read_only=True)
    needs_second_factor = serializers.BooleanField(read_only=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = [
            *("id", "username", "display_name", "email", "language", "is_administrator", "roles", "organisations"),
            *("has_second_factor", "needs_second_factor"),
        ]
        read_only_fields = ["username", "display_name", "email"]

    def get_roles(self, user: User) -> list[str]:
        return sorted(user.roles)

    @extend_schema_field(OwnMembershipSerializer(many=True))
    def get_organisations(self, user: User) -> Any:
        return OwnMembershipSerializer(user.memberships.select_related("organisation"), many=True).data


class Me(PolicedView):
    """The caller's account: roles, organisations, language."""

    access = "signed_in"

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(request.user).data)

    @extend_schema(request=MeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        form = MeSerializer(request.user, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        user = rules.set_language(user=request.user, language=form.validated_data.get("language", request.user.language))
        return Response(MeSerializer(user).data)


class TokenSerializer(ModelSerializer):
    """A token, masked: its first eight characters tell which one it is."""

    id = serializers.CharField(source="token_key", read_only=True)
    begins_with = serializers.SerializerMethodField()

    class Meta:
        model = AuthToken
        fields = ["id", "begins_with", "created", "expiry"]

    def get_begins_with(self, token: AuthToken) -> str:
        return f"{token.token_key[:8]}…"


class NewTokenSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=200, write_only=True, trim_whitespace=False)
    days = serializers.IntegerField(min_value=1, max_value=366, default=90)


class CreatedTokenSerializer(TokenSerializer):
    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class TokenViewSet(mixins.ListModelMixin, ScopedViewSet):
    """The caller's own API tokens. Making one asks for the password again."""

    queryset = AuthToken.objects.all()
    serializer_class = TokenSerializer
    lookup_field = "token_key"
    lookup_value_regex = "[0-9a-f]{15}"
    filter_backends = []
    throttle_scope = "token"
    access = {"list": "signed_in", "create": "signed_in", "destroy": "signed_in"}

    def get_queryset(self) -> Any:
        return AuthToken.objects.filter(user_id=self.request.user.pk).order_by("-created")

    def get_throttles(self) -> list[Any]:
        return [ScopedRateThrottle()] if self.action == "create" else []

    @extend_schema(request=NewTokenSerializer, responses={201: CreatedTokenSerializer})
    def create(self, request: Request) -> Response:
        form = NewTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        confirm_password(user=request.user, password=form.validated_data["password"])
        token, text = rules.create_token(user=request.user, days=form.validated_data["days"], now=timezone.now())
        return Response({**self.get_serializer(token).data, "token": text}, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, token_key: str) -> Response:
        rules.revoke_token(token=self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
