"""Offices on a certificate in the reader's language: papers keep Chinese names; who reads English gets the English ones, where there are any."""

from collections.abc import Mapping

from exchange.house_dates import is_english
from participants.certificates.facts import CertificateFacts
from participants.directory.models import Organisation


def english_names() -> dict[str, str]:
    """Chinese name → English name of the offices that may issue, in one query."""
    offices = Organisation.objects.filter(level__in=("bureau", "commission")).exclude(name_en="")
    return dict(offices.values_list("name_zh", "name_en"))


def issuers_of(facts: CertificateFacts, known: Mapping[str, str] | None = None) -> list[str]:
    """The issuing offices as the reader calls them. `known` are the English names, for lists that ask once."""
    if not is_english():
        return list(facts.issuers)
    if facts.issuers_en:
        return list(facts.issuers_en)
    names = (english_names() if known is None else known) if len(facts.issuers) > 1 else {}
    return [facts.issuer_en or names.get(facts.issuer, facts.issuer), *(names.get(name, name) for name in facts.issuers[1:])]


def issuers_in_words(facts: CertificateFacts) -> str:
    return ("; " if is_english() else "、").join(issuers_of(facts))
