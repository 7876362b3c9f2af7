"""The committed OpenAPI description is the one that the code gives: `manage.py spectacular --file docs/openapi.yaml` renews it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation


@pytest.mark.one_database  # the largest numbers in it are those of SQLite
@pytest.mark.django_db
def test_the_committed_schema_is_current(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    with translation.override("en"):
        call_command("spectacular", "--file", str(fresh), "--validate", "--fail-on-warn", "--lang", "en")
    committed = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
    assert fresh.read_text(encoding="utf-8") == committed.read_text(encoding="utf-8")
