"""Template tags of the visual system."""

from django import template

register = template.Library()
