"""Reminders, for those who ask for them in the address (`?alarm=15`)."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils.translation import gettext as _
from icalendar import Alarm

from events.calendars.text import Text, one_line

END = b"END:VEVENT\r\n"
BUSY = b"\r\nTRANSP:OPAQUE\r\n"  # whole days and what is called off remind nobody
LONGEST = 7 * 24 * 60


def alarm_of(request: HttpRequest) -> int | None:
    """Minutes before the begin, 0 to a week; None without, or for what is no such number."""
    asked = request.GET.get("alarm", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 5 and int(asked) <= LONGEST else None


def with_alarm(event: bytes, minutes: int) -> bytes:
    """The kept event with a reminder before its end line."""
    return event.removesuffix(END) + alarm_bytes(minutes) + END if BUSY in event else event


def alarm_bytes(minutes: int) -> bytes:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("TRIGGER", -timedelta(minutes=minutes))
    alarm.add("DESCRIPTION", Text(one_line(_("Reminder"))))
    return alarm.to_ical()
