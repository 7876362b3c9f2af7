"""Every route with its methods and access policy: for list_routes, the start-up check and the matrix test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from exchange import access


@dataclass(frozen=True)
class Route:
    """One method of one address. `policy` is None where nobody decided: a start-up error."""

    name: str
    path: str
    method: str
    policy: str | None


def routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, "/", ""))


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            name = f"{namespace}{pattern.name or ''}"
            for method, policy in _policies(pattern.callback, name):
                yield Route(name, path, method, policy)


def _policies(view: Any, name: str) -> list[tuple[str, str | None]]:
    if name in access.PACKAGE_ROUTES:
        return [("get", access.PACKAGE_ROUTES[name]), ("post", access.PACKAGE_ROUTES[name])]
    if hasattr(view, "actions"):  # a DRF viewset
        declared = view.cls.access
        return [(method, declared if isinstance(declared, str) else declared.get(action)) for method, action in view.actions.items() if method != "head"]
    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    declared = getattr(cls, "access", None) if cls else getattr(view, "access", None)
    methods = [method for method in ("get", "post", "put", "patch", "delete") if cls is None or hasattr(cls, method)] if cls else ["get"]
    if isinstance(declared, dict):
        return [(method, declared.get(method)) for method in methods]
    return [(method, declared or None) for method in methods]
