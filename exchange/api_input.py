"""What an API request goes through before a view sees it: permission, parser, paging, filters, field types.

Kept apart from exchange/api.py because REST framework loads these while its own views are being imported.
"""

import codecs
import json
import math
from collections.abc import Mapping
from typing import Any

import django_filters
import knox.auth
from django import forms
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, filters, permissions, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from exchange import access
from exchange.middleware import lacks_second_factor
from exchange.validators import FIRST_YEAR, LARGEST_ID, LAST_YEAR, no_control_characters, sane_year

MAX_DEPTH = 50


class TokenAuthentication(knox.auth.TokenAuthentication):  # type: ignore[misc]
    """`Authorization: Token …`; bytes that are no text are a wrong token, not a server error."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isascii():
            raise exceptions.AuthenticationFailed(_("The token is not valid."))
        return super().authenticate_credentials(token)


class PolicyPermission(permissions.BasePermission):
    """Asks exchange.access with the view's policy for the current action."""

    def has_permission(self, request: Request, view: Any) -> bool:
        policy = view.policy()
        if policy is None:
            return False
        if lacks_second_factor(request.user):
            raise exceptions.PermissionDenied(_("Set up your second factor first, on the page of your account."), code="second_factor_required")
        if policy in ("anyone", "link"):
            return True
        if not request.user.is_authenticated:
            return False
        # A row is looked for first: a foreign one is 404 to everybody, and only then may the action be forbidden (has_object_permission).
        return bool(getattr(view, "detail", False)) or access.may(request.user, policy)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        policy = view.policy()
        return policy is not None and access.may(request.user, policy, obj)


def nesting(text: str) -> int:
    """Deepest nesting of brackets outside of strings."""
    depth = deepest = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


class GuardedJSONParser(JSONParser):
    """JSON with a limit on nesting; NaN, 1e999, lone surrogates and broken UTF-8 are malformed, not a server error."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            text = codecs.decode(stream.read(), "utf-8")
            if nesting(text) > MAX_DEPTH:
                raise exceptions.ParseError(_("The JSON is nested too deeply."), code="too_deep")
            parsed = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
            json.dumps(parsed, ensure_ascii=False).encode()
        except ValueError as error:
            raise exceptions.ParseError(_("The request is not valid JSON.")) from error
        if not isinstance(parsed, dict):
            raise exceptions.ParseError(_("Send one JSON object."))
        return parsed


class CleanCharField(serializers.CharField):
    """Text without control characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(no_control_characters)


def _check_year(value: Any) -> None:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise serializers.ValidationError(
            _("The year must lie between %(first)s and %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR}, code="year_out_of_range"
        )


class SaneDateField(serializers.DateField):
    def to_internal_value(self, value: Any) -> Any:
        parsed = super().to_internal_value(value)
        _check_year(parsed)
        return parsed


class SaneDateTimeField(serializers.DateTimeField):
    def enforce_timezone(self, value: Any) -> Any:
        _check_year(value)
        return super().enforce_timezone(value)


class Pagination(PageNumberPagination):
    page_size_query_param = "page_size"
    max_page_size = 200


@extend_schema_field(int)
class IdFilter(django_filters.NumberFilter):
    """Use this for keys, years and other whole numbers: refuses what is no positive integer of the database's with 400."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **options)


class _SaneDateFormField(forms.DateField):
    default_validators = [sane_year]


class SaneDateFilter(django_filters.DateFilter):
    """Use this for date filters: refuses year 1 and year 9999 with 400."""

    field_class = _SaneDateFormField


class NamedFilters(DjangoFilterBackend):
    """django-filter that refuses unknown parameters' bad values with 400."""

    raise_exception = True


class WhitelistSearch(filters.SearchFilter):
    """`?search=` over the view's `search_fields` only."""

    search_param = "search"


class WhitelistOrdering(filters.OrderingFilter):
    """`?ordering=` over the view's `ordering_fields` only; a view without them cannot be ordered."""

    def get_default_valid_fields(self, queryset: Any, view: Any, context: Any = None) -> list[tuple[str, str]]:
        return []

    def remove_invalid_fields(self, queryset: Any, fields: list[str], view: Any, request: Request) -> list[str]:
        valid = super().remove_invalid_fields(queryset, fields, view, request)
        if len(valid) != len(fields):
            raise exceptions.ValidationError({"ordering": [_("This list cannot be ordered by that.")]}, code="invalid_ordering")
        return valid
