"""Files that templates name are there: in production a missing one would be an error, not a hole in the page."""

import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines

from participants.certificates.award_models import Design

NAMED = re.compile(r"{%\s*static\s+(['\"])(.*?)\1\s*([^%]*)%}")


def test_templates_name_files_that_exist() -> None:
    named = {
        (str(path), found[2])
        for folder in engines["django"].template_dirs
        if Path(folder).is_relative_to(settings.BASE_DIR) and ".venv" not in str(folder)
        for path in Path(folder).rglob("*")
        if path.is_file()
        for found in NAMED.finditer(path.read_text(encoding="utf-8"))
        if not found[3].strip()  # a name that is put together is shown by its page's own test
    }
    assert len(named) > 50
    assert [(path, name) for path, name in sorted(named) if finders.find(name) is None] == []


def test_each_design_of_papers_has_its_picture() -> None:
    assert [design for design in Design.values if finders.find(f"certificates/thumb-{design}.png") is None] == []
