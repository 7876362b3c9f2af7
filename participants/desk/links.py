"""Addresses of other subjects, by name."""

from typing import Any

from django.urls import reverse


def link(name: str, *args: Any, query: str = "") -> str:
    return reverse(name, args=args) + (f"?{query}" if query else "")
