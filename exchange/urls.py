"""Composition: the only module here that imports the apps."""

from django.urls import path

from exchange import health

urlpatterns = [path("livez", health.livez, name="livez"), path("readyz", health.readyz, name="readyz")]
