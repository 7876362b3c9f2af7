"""`manage.py import_roster` and `manage.py purge`."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from participants.rosters.models import Registration, RosterImport
from tests.participants.rosters.imports import DATA, GOOD, make_visit, sheet, upload


def run(*args, **options):
    out = io.StringIO()
    call_command("import_roster", *map(str, args), stdout=out, **options)
    return out.getvalue()


def test_without_commit_it_only_reports(cast, tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(sheet({}, {4: "120113197102029970"}))
    text = run(make_visit(cast).pk, path)
    assert "id_checksum" in text and "rejected 1" in text
    assert "120113197102029970" not in text and GOOD[4] not in text
    assert not Registration.objects.exists() and RosterImport.objects.get().created_by == cast.admin


def test_commit_imports_the_clean_roster_and_writes_json(cast, tmp_path):
    target = tmp_path / "out.json"
    text = run(make_visit(cast).pk, DATA / "roster-study-visit.csv", commit=True, json=target)
    body = json.loads(target.read_text())
    assert "68 new" in text and Registration.objects.count() == 68
    assert (body["status"], body["created"], len(body["rows"]), body["rows"][0]["status"]) == ("committed", 68, 68, "ok")


def test_commit_with_rejected_rows_imports_the_others_and_fails(cast, tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(sheet({}, {4: "120113197102029970"}))
    with pytest.raises(CommandError, match="1 rows were not imported") as failed:
        run(make_visit(cast).pk, path, commit=True)
    assert failed.value.returncode == 1 and Registration.objects.count() == 1


def test_commit_of_nothing_fails_and_still_writes_json(cast, tmp_path):
    path, target = tmp_path / "roster.csv", tmp_path / "out.json"
    path.write_bytes(sheet({0: ""}))
    with pytest.raises(CommandError, match="nothing_to_import"):
        run(make_visit(cast).pk, path, commit=True, json=target)
    assert json.loads(target.read_text())["counts"]["rejected"] == 1


def test_school_and_user_narrow_the_import(cast, tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(sheet({6: "天津市北辰区运河湾中学"}))
    program = make_visit(cast)
    assert "unit_not_yours" in run(program.pk, path, school=cast.school_a.pk)
    assert "ok 1" in run(program.pk, path, user="coordinator_b")


@pytest.mark.parametrize(
    ("program", "file", "options", "words"),
    [
        (999, "roster-study-visit.csv", {}, "no program"),
        (None, "nothing.csv", {}, "No such file"),
        (None, "README.md", {}, "no_header"),
        (None, "roster-study-visit.csv", {"school": 99999}, "no organisation"),
        (None, "roster-study-visit.csv", {"user": "nobody"}, "no user"),
    ],
)
def test_what_cannot_be_read_fails_in_words(cast, program, file, options, words):
    with pytest.raises(CommandError, match=words):
        run(program or make_visit(cast).pk, DATA / file, **options)


def test_purge_deletes_only_what_has_expired(cast):
    from datetime import timedelta

    from django.utils import timezone

    program = make_visit(cast)
    old, new = upload(program, sheet({}), cast.organiser), upload(program, sheet({8: "新"}), cast.organiser)
    RosterImport.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(days=1))
    out = io.StringIO()
    call_command("purge", stdout=out)
    assert "Deleted      1  uploaded sheets" in out.getvalue() and RosterImport.objects.get() == new
