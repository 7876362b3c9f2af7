"""What the generated OpenAPI description cannot see by itself: tokens, refusals and the details of the kinds."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object

TEXT = {"type": "string"}
FIELD_ERROR = {"type": "object", "required": ["field", "code", "message"], "properties": {"field": TEXT, "code": TEXT, "message": TEXT}}
PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457). `code` is stable; `detail` is in the language of the caller.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        **dict.fromkeys(("type", "title", "code", "detail"), TEXT),
        "status": {"type": "integer"},
        "field": {**TEXT, "description": "The field that a rule refused."},
        "params": {"type": "object", "additionalProperties": True, "description": "The numbers and names of a rule's refusal."},
        "errors": {"type": "array", "items": FIELD_ERROR, "description": "Every value that needs correcting."},
    },
}
READING = {
    "400": ("BadInput", "Some values need correcting: see `errors`."),
    "401": ("NotSignedIn", "No valid session or token."),
    "403": ("Forbidden", "Visible to the caller, who may not do this."),
    "404": ("NotFound", "There is nothing here, or it is not the caller's to see."),
    "406": ("NotAcceptable", "Nothing of what `Accept` asks for."),
    "429": ("TooMany", "Too many requests: `Retry-After` says how many seconds to wait."),
}
WRITING = {
    "409": ("Refused", "A rule refuses this now: `code` names the rule."),
    "413": ("TooLarge", "The body is too large."),
    "415": ("WrongType", "The body is of another type than this takes."),
}
METHODS_THAT_WRITE = {"post", "put", "patch", "delete"}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells how `Authorization: Token …` is sent."""

    target_class = "exchange.api_input.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Token")


def with_problems(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Adds the refusals that `exchange.problems` answers to each operation (a hook of drf-spectacular)."""
    components = result["components"]
    components["schemas"]["Problem"] = PROBLEM
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {name: {"description": words, "content": body} for name, words in (READING | WRITING).values()}
    for operations in result["paths"].values():
        for method, operation in operations.items():
            refusals = READING | WRITING if method in METHODS_THAT_WRITE else READING
            for status, (name, _words) in refusals.items():
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{name}"})
    return result


def with_any_of(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Where nothing inside tells which of several shapes stands there, it may fit more than one (a hook of drf-spectacular)."""
    for schema in result["components"]["schemas"].values():
        if "oneOf" in schema and "discriminator" not in schema:
            schema["anyOf"] = schema.pop("oneOf")
    return result
