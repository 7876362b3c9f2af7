"""Pages about one's own account: accepting an invitation, details, API tokens."""

from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from knox.models import AuthToken

from exchange.pages import Page, PageForm, RuleFormView
from participants.directory import rules
from participants.directory.accounts import confirm_password
from participants.directory.forms import NewAccountForm, TokenForm
from participants.directory.models import Invitation
from participants.directory.pages import Confirm
from participants.directory.shown_once import hand_over, take


@method_decorator([never_cache, sensitive_post_parameters("password1", "password2")], name="dispatch")
class AcceptInvitation(RuleFormView):
    """The page behind a one-time link: choose a login name and a password. Used, expired and invented links look the same."""

    access = "link"
    template_name = "directory/accept_invitation.html"
    form_class = NewAccountForm
    invitation: Invitation

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        found = rules.open_invitation(kwargs["token"], timezone.now())
        if found is None or not found.organisation.is_active:
            return render(request, "directory/invitation_invalid.html", status=404)
        self.invitation = found
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "invitation": self.invitation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "invitation": self.invitation}

    def apply(self, form: NewAccountForm) -> str:
        chosen = form.cleaned_data
        rules.accept_invitation(token=self.kwargs["token"], username=chosen["username"], password=chosen["password1"], now=timezone.now())
        messages.success(self.request, _("Your account is ready. Sign in with your new password."))
        return reverse("account_login")


class Account(Page):
    """The user's own details, language, and the ways to password, second factor and tokens."""

    access = "signed_in"
    template_name = "directory/account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        memberships = self.request.user.memberships.select_related("organisation")
        return {**super().get_context_data(**kwargs), "memberships": memberships, "token_count": self.request.user.auth_token_set.count()}


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class Tokens(RuleFormView):
    """The user's own API tokens. A new one is shown once, on the page that follows."""

    access = "signed_in"
    template_name = "directory/tokens.html"
    form_class = TokenForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tokens = AuthToken.objects.filter(user=self.request.user).order_by("-created")
        return {**super().get_context_data(**kwargs), "tokens": tokens, "new_token": take(self.request, "token"), "now": timezone.now()}

    def apply(self, form: TokenForm) -> str:
        confirm_password(user=self.request.user, password=form.cleaned_data["password"])
        _token, text = rules.create_token(user=self.request.user, days=form.cleaned_data["days"], now=timezone.now())
        hand_over(self.request, "token", text)
        return reverse("directory:tokens")


class RevokeToken(Confirm):
    access = "signed_in"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            self.row = get_object_or_404(AuthToken, user=request.user, token_key=kwargs["token_key"])
        return super(Confirm, self).dispatch(request, *args, **kwargs)

    def words(self) -> dict[str, str]:
        return {
            "heading": _("Revoke the token %(start)s…?") % {"start": self.row.token_key[:8]},
            "sentence": _("Programs that use it are refused at once."),
            "submit_label": _("Revoke token"),
            "back_url": reverse("directory:tokens"),
        }

    def apply(self, form: PageForm) -> str:
        rules.revoke_token(token=self.row, by=self.request.user)
        messages.success(self.request, _("The token was revoked."))
        return reverse("directory:tokens")
