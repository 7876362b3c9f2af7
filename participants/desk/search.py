"""The desk's search: people, programs, certificates by number, organisations; at most ten of each."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import house_dates
from exchange.encryption import blind_index
from participants.certificates import sight
from participants.certificates.models import Certificate
from participants.desk.links import link
from participants.directory.models import Organisation
from participants.people.fields import findable
from participants.people.models import Person
from participants.people.rules import identity_index, normal_phone
from participants.people.search import contains

MOST = 10


@dataclass(frozen=True)
class Hit:
    title: str
    note: str
    url: str


@dataclass(frozen=True)
class HitGroup:
    title: str
    icon: str
    rows: list[Hit]
    has_more: bool


def search(user: Any, words: str) -> list[HitGroup]:
    """Groups with hits, in a fixed order; whole ID and phone numbers are found through their blind indexes."""
    groups = [people(user, words), programs(user, words), certificates(user, words), organisations(user, words)]
    return [group for group in groups if group.rows]


def people(user: Any, words: str) -> HitGroup:
    text = re.sub(r"\s+", "", words)
    condition = contains(text) if text else Q(pk__in=[])
    if re.fullmatch(r"[0-9]{11}", text):
        condition |= Q(phone_index=blind_index("phone", normal_phone(text)))
    if re.fullmatch(r"[0-9]{17}[0-9Xx]", text):
        condition |= Q(national_id_index=identity_index(text))
    found = findable(Person.objects.visible_to(user).filter(condition), user)
    rows = found.select_related("organisation").order_by("pinyin", "pk")[: MOST + 1]
    return group(_("People"), "person", [Hit(row.name, str(row.organisation), link("people:person", row.pk)) for row in rows])


def programs(user: Any, words: str) -> HitGroup:
    found = Program.objects.visible_to(user).filter(Q(title_zh__icontains=words) | Q(title_en__icontains=words)).select_related("organiser")
    rows = list(found[: MOST + 1])
    at_desk = set(Program.objects.concerning(user).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    return group(_("Programs"), "calendar", [_program_hit(row, row.pk in at_desk) for row in rows])


def _program_hit(program: Program, at_desk: bool) -> Hit:
    """Programs of others are read where everyone reads them."""
    note = f"{program.organiser.short} · {house_dates.date_range(program.starts_on, program.ends_on)}"
    return Hit(str(program), note, link("programs:detail" if at_desk else "programs:public", program.pk))


def certificates(user: Any, words: str) -> HitGroup:
    found = Certificate.objects.visible_to(user).filter(Q(number__icontains=words) | Q(holder_name=words)).select_related("program")
    rows = list(sight.for_reading(sight.findable(found, user, words), user)[: MOST + 1])
    sight.shield(rows, user)
    hits = [Hit(row.number, f"{row.holder_name} · {row.program} · {row.get_status_display()}", link("certificates:detail", row.pk)) for row in rows]
    return group(_("Certificates"), "medal", hits)


def organisations(user: Any, words: str) -> HitGroup:
    condition = Q(name_zh__icontains=words) | Q(name_en__icontains=words) | Q(short_name__icontains=words) | Q(aliases__name__icontains=words)
    rows = Organisation.objects.visible_to(user).filter(condition).select_related("division").order_by("path").distinct()
    hits = [Hit(str(row), str(row.division or row.get_level_display()), link("directory:organisation", row.pk)) for row in rows[: MOST + 1]]
    return group(_("Organisations"), "tree", hits)


def group(title: str, icon: str, hits: list[Hit]) -> HitGroup:
    return HitGroup(title, icon, hits[:MOST], len(hits) > MOST)
