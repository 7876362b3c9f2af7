"""Calendar files as programs and offices really save them: encodings, folding, ends that are missing, meeting links."""

from datetime import date

import pytest

from events.calendars.reading import Window, read_calendar
from exchange.transitions import RuleViolation

WINDOW = Window(date(2026, 12, 14), date(2026, 12, 18))


def file(*lines: str) -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN", "BEGIN:VEVENT", "UID:a@x", "SUMMARY:观摩交流"]
    return "\r\n".join(
        [*head, "DTSTART;TZID=China Standard Time:20261215T223000", "DTEND;TZID=China Standard Time:20261216T011000", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    )


SAVED = {
    "utf-8": file().encode(),
    "with a byte order mark": file().encode("utf-8-sig"),
    "utf-16, as Notepad's Unicode": file().encode("utf-16"),
    "gb18030": file().encode("gb18030"),
    "line feeds": file().replace("\r\n", "\n").encode(),
    "carriage returns": file().replace("\r\n", "\r").encode(),
    "folded inside a character": file().encode().replace("摩".encode(), "摩".encode()[:1] + b"\r\n " + "摩".encode()[1:]),
    "empty lines before": b"\r\n\r\n" + file().encode(),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_file_is_read_however_it_was_saved(name: str) -> None:
    (event,) = read_calendar(SAVED[name], WINDOW).events
    assert (event.title, f"{event.starts_at:%d %H:%M}", f"{event.ends_at:%d %H:%M}") == ("观摩交流", "15 22:30", "16 01:10")


@pytest.mark.parametrize("end", ["END:VCALENDAR", "END:VEVENT"])
def test_half_a_file_is_refused_rather_than_taken_for_cancellations(end: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        read_calendar(file().replace(f"{end}\r\n", "").encode(), WINDOW)
    assert (refusal.value.code, refusal.value.field) == ("damaged", "file")


@pytest.mark.parametrize("name", ["CONFERENCE;VALUE=URI", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL"])
def test_the_meeting_link_is_found(name: str) -> None:
    (event,) = read_calendar(file(f"{name}:https://meet.example.cn/a").encode(), WINDOW).events
    assert event.meeting_url == "https://meet.example.cn/a"
