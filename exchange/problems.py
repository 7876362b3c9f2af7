"""Errors of the API: problem+json (RFC 9457) with a stable `code`."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from exchange.transitions import RuleViolation

PROBLEM_JSON = "application/problem+json"


class PayloadTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The request is too large."


def body_of(status_code: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": code.replace("_", " "), "status": status_code, "code": code, "detail": detail, **more}


def problem(status_code: int, code: str, detail: str, errors: list[dict[str, str]] | None = None, **more: Any) -> Response:
    """A problem+json answer (RFC 9457) with a stable `code`."""
    body = body_of(status_code, code, detail, **more, **({"errors": errors} if errors else {}))
    return Response(body, status=status_code, content_type=PROBLEM_JSON)


def field_errors(detail: Any, prefix: str = "") -> list[dict[str, str]]:
    """Flatten DRF's nested error detail into [{field, code, message}]."""
    if isinstance(detail, Mapping):
        return [row for name, inner in detail.items() for row in field_errors(inner, f"{prefix}.{name}" if prefix else str(name))]
    if isinstance(detail, list):
        return [row for inner in detail for row in field_errors(inner, prefix)]
    return [{"field": prefix or "non_field_errors", "code": getattr(detail, "code", "invalid"), "message": str(detail)}]


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal becomes problem+json; unknown exceptions stay unhandled (500)."""
    set_rollback()
    if context.get("request") is not None:  # a view may render YAML or a page; its refusals are JSON all the same
        context["request"].accepted_renderer, context["request"].accepted_media_type = JSONRenderer(), PROBLEM_JSON
    if isinstance(error, RuleViolation):
        return problem(409, error.code, error.message, **({"field": error.field} if error.field else {}), **({"params": error.params} if error.params else {}))
    if isinstance(error, Http404):
        return problem(404, "not_found", _("There is nothing here, or it is not yours to see."))
    if isinstance(error, PermissionDenied):
        return problem(403, "forbidden", _("Your role does not allow this."))
    if isinstance(error, (RequestDataTooBig, TooManyFieldsSent)):
        return problem(413, "too_large", _("The request is too large."))
    if isinstance(error, DjangoValidationError):
        return problem(400, "invalid", "; ".join(error.messages))
    if isinstance(error, ProtectedError):
        return problem(409, "in_use", _("Something else still refers to this."))
    if isinstance(error, exceptions.APIException):
        return api_problem(error)
    return None


def api_problem(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        rows = field_errors(error.detail)
        return problem(400, "invalid", _("Some values need correcting."), rows)
    code = getattr(error.detail, "code", None) or error.default_code
    code = {"permission_denied": "forbidden", "parse_error": "malformed"}.get(code, code)
    answer = problem(error.status_code, code, str(error.detail))
    for header, value in (("WWW-Authenticate", getattr(error, "auth_header", None)), ("Retry-After", getattr(error, "wait", None))):
        if value:
            answer[header] = str(int(value)) if isinstance(value, float) else str(value)
    return answer


# Where no view of the API was reached, or it broke ----------------------------------------------------------------------


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """An address that is none: a problem under /api/, a page elsewhere (Django's handler404)."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    return JsonResponse(body_of(404, "not_found", _("There is nothing here, or it is not yours to see.")), status=404, content_type=PROBLEM_JSON)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """The same for an error of ours (Django's handler500)."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    detail = _("The fault is ours and has been recorded. What was saved before is safe. Go back and try again in a moment.")
    return JsonResponse(body_of(500, "server_error", detail), status=500, content_type=PROBLEM_JSON)
