"""One plain letter to each contact of a host who asked for letters, when something at their place changed."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from events.programs.models import Program
from participants.directory.models import Organisation
from participants.invitations.messages import stop_url
from participants.invitations.models import Guest, Wants
from participants.notices.letters import one_line
from participants.notices.models import NoticeKind, OutboxMail

MOST_TOLD = 20  # changes in one letter
LANGUAGES = ("zh-hans", "en")
News = Callable[[frozenset[int]], list[list[str]]]  # of hosts, by their keys: each change in Chinese and English


def letters_about(*, program: Program, event: str, hosts: Iterable[int], news: News, taken: set[str], at: datetime) -> list[OutboxMail]:
    """`hosts` are all that the changes name; `taken` are addresses that have a letter about them already, in lower case."""
    guests = Guest.objects.active().filter(program=program, wants=Wants.LETTERS).select_related("organisation")
    paths = dict(Organisation.objects.filter(pk__in=set(hosts)).values_list("pk", "path"))
    found = []
    for guest in guests if paths else ():
        own = frozenset(key for key, path in paths.items() if guest.organisation and path.startswith(guest.organisation.path))
        lines = news(own) if own and guest.email.lower() not in taken else []
        if lines:
            found.append(letter_to(guest, [pair[LANGUAGES.index(guest.language)] for pair in lines], event, at))
    return found


def letter_to(guest: Guest, lines: list[str], event: str, at: datetime) -> OutboxMail:
    """Its event names change and guest, so that it is queued once."""
    program = guest.program
    with translation.override(guest.language):
        page = settings.SITE_URL + reverse("programs:public", args=[program.pk]) if program.visibility == "public" else ""
        stop = stop_url(guest)
        context = {"guest": guest, "program": program, "lines": lines[:MOST_TOLD], "more": len(lines) - MOST_TOLD, "page": page, "stop_url": stop}
        subject = one_line(_("Changes at %(place)s · %(program)s") % {"place": guest.organisation, "program": program})
        return OutboxMail(
            event=f"{event}:guest:{guest.pk}",
            recipient=guest.email,
            kind=NoticeKind.ITINERARY_CHANGED,
            subject=subject,
            text=render_to_string("invitations/host_letter.txt", context),
            html=render_to_string("invitations/host_letter.html", context | {"subject": subject}),
            unsubscribe_url=stop,
            next_try_at=at,
            created_at=at,
        )
