"""Three hundred payloads in names, titles, units, positions and prizes: no connection, no foreign file, nothing attached, the payload as text."""

import io
import itertools
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from exchange.transitions import RuleViolation
from participants.certificates.facts import DayFacts, Texts
from participants.certificates.layouts import PAPERS
from participants.certificates.rendering import certificate_pdf, fitted
from tests.participants.certificates.making import page_count, paper, text_of

KINDS = sorted(PAPERS)
FRAMES = (
    *("<img src={}>", "<link rel=attachment href={}>", "<link rel=stylesheet href={}>", "<object data={}>", "<iframe src={}>", "<a href={}>x</a>"),
    *("<style>@import url({})</style>", "<style>*{{background:url({})}}</style>", "</style><base href={}>", "</p><embed src={}>", "<svg><image href={}>"),
    *(
        "<script src={}></script>",
        "&lt;img src={}&gt;",
        '"><img src={}>',
        "'><img src={}>",
        "{{% include '{}' %}}",
        "{{{{ {} }}}}",
        "url({})",
        "]]><img src={}>",
    ),
    *("<!-- {} --", "<?xml-stylesheet href={}?>", "<meta http-equiv=refresh content=0;{}>", "<video poster={}>", "<input type=image src={}>", "\\0{}"),
)
TARGETS = (
    *("file:///etc/passwd", "/etc/passwd", "../../etc/passwd", "//127.0.0.1:9/x", "http://127.0.0.1:9/x", "https://[::1]:9/x", "ftp://127.0.0.1/x"),
    *("data:text/css,*{color:red}", "subset:0", "gopher://127.0.0.1:9", "javascript:alert(1)", "static/x.svg"),
)
PAYLOADS = [frame.format(target) for frame, target in itertools.product(FRAMES, TARGETS)]
opened: list[str] = []


def watch(event: str, arguments: Any) -> None:
    if event == "open" and isinstance(arguments[0], str):
        opened.append(arguments[0])


def check(payload: str, kind: str, folder: Path) -> None:
    opened.clear()
    described: dict[str, Any] = {"award": payload} if kind in ("honour", "award") else {"days": described_days(payload)}
    described |= {"work": payload} if kind == "award" else {}
    pdf = certificate_pdf(fitted(paper(kind, name=payload, program=f"活动{payload}", unit=payload, position=payload, **described)))
    assert not [path for path in opened if "passwd" in path], payload
    text = "".join(text_of(pdf, folder).split())
    assert text.count("".join(payload.split())) >= 2, payload
    assert "root:" not in text and page_count(pdf) == 1
    with pikepdf.open(io.BytesIO(pdf)) as read:
        assert list(read.attachments) == ["certificate.json"]
        assert not [item for item in read.objects if isinstance(item, pikepdf.Dictionary) and does_something(item)]


def described_days(payload: str) -> tuple[DayFacts, ...]:
    """What an item of the itinerary is called and said to be."""
    return (DayFacts(date(2023, 2, 20), payload, payload, "8"), DayFacts(date(2023, 2, 21), f"讲座：{payload}", "出席", "4"))


def does_something(item: pikepdf.Dictionary) -> bool:
    """Whether a reader that opens the file or is clicked on would go anywhere."""
    return bool(item.keys() & {"/URI", "/JS", "/OpenAction", "/AA"}) or item.get("/S") in ("/URI", "/JavaScript", "/Launch", "/GoToR", "/SubmitForm")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a certificate opened a connection")

    monkeypatch.setattr("socket.socket.connect", refuse)
    if not hasattr(sys, "_certificates_are_watched"):
        sys.addaudithook(watch)
        sys._certificates_are_watched = True  # type: ignore[attr-defined] # a hook cannot be taken away


@pytest.mark.parametrize("number", range(0, len(PAYLOADS), 23))
def test_some_payloads_stand_as_text(number: int, watched: None, tmp_path: Path) -> None:
    check(PAYLOADS[number], KINDS[number % len(KINDS)], tmp_path)


@pytest.mark.parametrize("number", range(7, len(PAYLOADS), 23))
def test_words_of_an_office_stand_as_text_or_are_refused_with_their_place(number: int, watched: None, tmp_path: Path) -> None:
    payload = PAYLOADS[number]
    opened.clear()
    texts = Texts(title="证书", main=f"{{姓名}}：{payload}", closing=payload)
    try:
        pdf = certificate_pdf(fitted(paper(KINDS[number % len(KINDS)], texts=texts)))
    except RuleViolation as refusal:
        assert refusal.params["position"] and set(payload) & set("{}[]"), payload
    else:
        shown = payload.translate(dict.fromkeys(map(ord, "[] ")))  # brackets mark a part that may go
        assert shown in "".join(text_of(pdf, tmp_path).split()), payload
    assert not [path for path in opened if "passwd" in path], payload


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.parametrize("start", range(0, len(PAYLOADS), 30))
def test_every_payload_stands_as_text(start: int, watched: None, tmp_path: Path) -> None:
    assert len(PAYLOADS) == 300
    for number, payload in enumerate(PAYLOADS[start : start + 30], start=start):
        check(payload, KINDS[number % len(KINDS)], tmp_path)
