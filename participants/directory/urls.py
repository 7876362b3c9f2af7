"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.directory import api, own_pages, pages

app_name = "directory"

urlpatterns: list[URLPattern] = [
    path("desk/organisations/", pages.Organisations.as_view(), name="organisations"),
    path("desk/organisations/new/", pages.CreateOrganisation.as_view(), name="create_organisation"),
    path("desk/organisations/<int:pk>/", pages.OrganisationPage.as_view(), name="organisation"),
    path("desk/organisations/<int:pk>/edit/", pages.EditOrganisation.as_view(), name="edit_organisation"),
    path("desk/organisations/<int:pk>/invite/", pages.Invite.as_view(), name="invite"),
    path("desk/organisations/<int:pk>/roles/new/", pages.GiveRole.as_view(), name="give_role"),
    path("desk/memberships/<int:pk>/remove/", pages.RemoveMembership.as_view(), name="remove_membership"),
    path("desk/users/<int:pk>/activate/", pages.ActivateUser.as_view(), name="activate_user"),
    path("desk/users/<int:pk>/deactivate/", pages.DeactivateUser.as_view(), name="deactivate_user"),
    path("desk/invitations/<int:pk>/link/", pages.InvitationLink.as_view(), name="invitation_link"),
    path("desk/invitations/<int:pk>/revoke/", pages.RevokeInvitation.as_view(), name="revoke_invitation"),
    path("desk/tokens/", own_pages.Tokens.as_view(), name="tokens"),
    path("desk/tokens/<slug:token_key>/revoke/", own_pages.RevokeToken.as_view(), name="revoke_token"),
    path("desk/account/", own_pages.Account.as_view(), name="account"),
    path("invitations/<str:token>/", own_pages.AcceptInvitation.as_view(), name="accept_invitation"),
    path("api/v1/me/", api.Me.as_view(), name="me"),
]

API: list[tuple[str, Any]] = [
    ("divisions", api.DivisionViewSet),
    ("organisations", api.OrganisationViewSet),
    ("users", api.UserViewSet),
    ("memberships", api.MembershipViewSet),
    ("invitations", api.InvitationViewSet),
    ("tokens", api.TokenViewSet),
]
