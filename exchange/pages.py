"""The base of every web page: policy, scope, forms over rules, navigation."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, ListView, TemplateView, View

from exchange import access
from exchange.middleware import lacks_second_factor
from exchange.navigation import navigation_for
from exchange.transitions import RuleViolation
from exchange.validators import no_control_characters, sane_year


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What every template may use: the navigation of the signed-in user, the theme, the site's name."""
    user = getattr(request, "user", None)
    at_desk = user is not None and user.is_authenticated and request.path.startswith(("/desk/", "/accounts/"))
    theme = request.COOKIES.get("theme", "")
    is_due = at_desk and lacks_second_factor(user)  # until it is set up, no entry of the navigation leads anywhere
    return {
        "navigation": navigation_for(user, request.path) if at_desk and not is_due else [],
        "second_factor_due": is_due,
        "theme": theme if theme in ("light", "dark") else "",
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
    }


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open for too long, or came from elsewhere: say so and lose nothing."""
    return render(request, "errors/csrf.html", status=403)


class Policed:
    """Mixin of every page: `access` is "anyone", "signed_in", "link", or an action of exchange.access."""

    access: ClassVar[str] = ""
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.access:
            access.require(request.user, "")
        if self.access not in ("anyone", "link") and not request.user.is_authenticated:  # open pages leave the session alone
            return redirect_to_login(request.get_full_path())
        if "\x00" in request.META.get("QUERY_STRING", "") or "%00" in request.META.get("QUERY_STRING", ""):
            return render(request, "400.html", status=400)
        access.require(request.user, self.access)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def visible(self, queryset: Any, **lookup: Any) -> Any:
        """The one visible row, or 404."""
        return get_object_or_404(queryset.visible_to(self.request.user), **lookup)

    def allowed(self, queryset: Any, action: str | None = None, **lookup: Any) -> Any:
        """The one visible row (404), which the user may also act upon (403)."""
        row = self.visible(queryset, **lookup)
        access.require(self.request.user, action or self.access, row)
        return row


class Page(Policed, TemplateView):
    """A page with a template and whatever `get_context_data` adds."""


class ScopedList(Policed, ListView[Any]):
    """A paged list of visible rows. `search_fields` and `ordering_fields` are whitelists for ?q= and ?order=."""

    paginate_by = 50
    search_fields: ClassVar[list[str]] = []
    ordering_fields: ClassVar[list[str]] = []

    def get_queryset(self) -> Any:
        rows = super().get_queryset().visible_to(self.request.user)
        words = self.request.GET.get("q", "").strip()[:100]
        for word in words.split() if self.search_fields else ():
            condition = models.Q()
            for field in self.search_fields:
                condition |= models.Q(**{f"{field}__icontains": word})
            rows = rows.filter(condition)
        order = self.request.GET.get("order", "")
        return rows.order_by(order, "pk") if order.lstrip("-") in self.ordering_fields else rows


class ManyRowsField(forms.ModelMultipleChoiceField):
    """Several rows; a number too large for any key is one more wrong choice, not an error of the database."""

    def clean(self, value: Any) -> Any:
        for key in value or ():
            if len(str(key)) > 18:
                raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": str(key)[:40]})
        return super().clean(value)


class PageForm(forms.Form):
    """Form base: text is free of control characters, and dates lie in years that exist for everyone."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, value in list(cleaned.items()):
            try:
                no_control_characters(value)
                sane_year(value)
            except forms.ValidationError as error:
                self.add_error(name, error)
        return cleaned


class PageModelForm(PageForm, forms.ModelForm):  # type: ignore[type-arg]
    """The same over a model. Choices of related rows are narrowed with `limit(user)` in subclasses."""


class ReasonForm(PageForm):
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class RuleFormView(Policed, FormView[Any]):
    """A form over one rule: implement `apply(form) -> str` (the address to go to). A refusal becomes a form error."""

    def apply(self, form: Any) -> str:
        raise NotImplementedError(f"{type(self).__name__}.apply")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return HttpResponseRedirect(self.apply(form))
        except RuleViolation as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self.form_invalid(form)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if self.request.method == "POST":
            kwargs.setdefault("status", 422)  # the form comes back with errors
        return super().render_to_response(context, **kwargs)


class ActionView(Policed, View):
    """A button: POST runs `act(row)` on a visible row the user may act upon, then goes on with a message. Refusals become messages."""

    http_method_names = ["post", "options"]
    queryset: ClassVar[Any] = None
    done: ClassVar[Any] = None

    def act(self, row: Any) -> str:
        """Run the rule and return the address to go to."""
        raise NotImplementedError(f"{type(self).__name__}.act")

    def back(self, row: Any) -> str:
        return self.request.META.get("HTTP_REFERER") or "/desk/"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.allowed(self.queryset.all(), pk=pk)
        try:
            target = self.act(row)
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(self.back(row))
        if self.done:
            messages.success(request, self.done)
        return HttpResponseRedirect(target)
