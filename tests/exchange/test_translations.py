"""Every text of code and templates has its Chinese, with the same placeholders."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CATALOG = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")


def texts_in_use(folder: Path) -> polib.POFile:
    for name in ("exchange", "events", "participants", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "data", "migrations"))
    (folder / "locale" / "zh_Hans" / "LC_MESSAGES").mkdir(parents=True)
    command = [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-wrap", "-v0", "-e", "html,txt,py,svg"]
    subprocess.run(command, cwd=folder, check=True, env={"PATH": "/usr/bin:/bin"}, timeout=120)
    return polib.pofile(str(folder / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed")
def test_every_text_has_its_chinese(tmp_path: Path) -> None:
    known = {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(CATALOG)) if entry.translated() and not entry.fuzzy}
    missing = [entry.msgid for entry in texts_in_use(tmp_path) if (entry.msgctxt, entry.msgid) not in known]
    assert missing == []


def test_placeholders_are_the_same() -> None:
    wrong = []
    for entry in polib.pofile(str(CATALOG)):
        wanted = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural or ""))
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            if text and not set(PLACEHOLDER.findall(text)) <= wanted:
                wrong.append(entry.msgid)
    assert wrong == []
