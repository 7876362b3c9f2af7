"""A lost private link: mailed again to the address on the roster, and the asker learns nothing else."""

import time
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange.middleware import client_ip
from exchange.pages import PageForm
from participants.certificates import verification
from participants.certificates.public_pages import PublicPage, too_many
from participants.notices import outbox
from participants.notices.models import OutboxMail
from participants.people.models import Person
from participants.people.rules import link_url

ASKED_PER_HOUR = 10  # from one address
ANSWER_AFTER = 0.15  # seconds: more than a letter takes, so that a clock tells nobody whether there was one
MOST_PEOPLE = 5  # who share a name and a mailbox


@transaction.atomic
def send_links(*, name: str, email: str, now: datetime) -> None:
    """Queue a letter to each person of this name and address; one a day for each, however often it is asked for."""
    people = Person.objects.filter(email__iexact=email).order_by("-pk")
    wanted = verification.plain_name(name)
    outbox.queue([letter(person, now) for person in people if verification.plain_name(person.name) == wanted][:MOST_PEOPLE])


def letter(person: Person, now: datetime) -> OutboxMail:
    context = {"person": person, "link": link_url(person)}
    return OutboxMail(
        event=f"lost_link:{person.pk}:{person.link_version}:{timezone.localdate(now)}",
        recipient=person.email,
        kind="lost_link",
        subject="您的专属链接 · Your private link",
        text=render_to_string("my/lost_letter.txt", context),
        html=render_to_string("my/lost_letter.html", context),
        next_try_at=now,
        created_at=now,
    )


class LostForm(PageForm):
    name = forms.CharField(max_length=60, label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(max_length=254, label=_("E-mail address on the sign-up sheet"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class LostLink(PublicPage):
    """`/my/lost/`: asks for name and address; the answer is the same whether or not there is such a person."""

    template_name = "my/lost.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = LostForm(request.POST)
        if not form.is_valid():
            return self.render_to_response({"form": form}, status=422)
        if verification.is_over(f"lost:{client_ip(request)}", ASKED_PER_HOUR, 3600):
            return too_many(request)
        begun = time.monotonic()
        send_links(name=form.cleaned_data["name"], email=form.cleaned_data["email"], now=timezone.now())
        time.sleep(max(begun + ANSWER_AFTER - time.monotonic(), 0))
        return HttpResponseRedirect(f"{reverse('my:lost')}?sent=1")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response({"form": LostForm(), "is_sent": "sent" in request.GET})
