"""The table of personal fields, for the privacy page: the same one that pages, API and clean-up follow."""

from typing import Any

from django import template

from participants.people.fields import BESIDE, POLICIES

register = template.Library()


@register.inclusion_tag("people/fields_table.html")
def personal_fields() -> dict[str, Any]:
    return {"policies": (*POLICIES, *BESIDE)}
