"""Facts → page: the template of the design, laid out in the size at which the text fits."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.template.loader import render_to_string

from exchange.archiving import Attachment
from exchange.documents import LaidOut, lay_out
from participants.certificates import pictures, symbols
from participants.certificates.codes import verify_url
from participants.certificates.facts import CertificateFacts
from participants.certificates.hours_table import table_of
from participants.certificates.labels import labels_of
from participants.certificates.refusals import refuse
from participants.certificates.typesetting import english_date, formal_date, name_class, name_in_two, name_markup, name_width, plain_date, typeset
from participants.certificates.wording import prints, wording_of


@dataclass(frozen=True)
class Paper:
    """How far down the text may reach, and how many lines each size may take (0 = as many as there is room for)."""

    limit_mm: float
    lines: tuple[int, ...]
    single_limit_mm: float = 0  # where one issuer signs at the foot, instead of several in a row above it

    def limit(self, facts: CertificateFacts) -> float:
        limit = self.single_limit_mm if self.single_limit_mm and len(facts.issuers) == 1 else self.limit_mm
        return limit - (TRANSLATED_MM if facts.language == "both" else 0)


WIDE_NAME = 15.5  # wider ones leave no room for the word after them on the narrower papers
TRANSLATED_MM = 6  # issuer and date stand there twice

PAPERS = {
    "honour": Paper(139, (2, 3, 4)),
    "completion": Paper(195, (0, 0, 0, 0, 0), single_limit_mm=229),
    "award": Paper(147, (0, 0, 0, 0)),
    "hours": Paper(214, (0, 0, 0, 0, 0)),
}


def context_of(facts: CertificateFacts, *, qr: str, is_preview: bool) -> dict[str, Any]:
    words = wording_of(facts)
    head, tail = name_in_two(facts.name)
    return {
        "facts": facts,
        "words": words,
        "labels": labels_of(facts.language),
        "shown_title": words.title_en if facts.language == "en" else words.title,
        "shown_name": facts.name_en or facts.name if facts.language == "en" else facts.name,
        "name": name_markup(facts.name),
        "name_head": head,
        "name_tail": tail,
        "is_wide": name_class(facts.name) == "long" and name_width(facts.name) > WIDE_NAME and facts.paper != "honour",
        "name_class": name_class(facts.name),
        "event": typeset(facts.program),
        "event_en": typeset(facts.program_en or facts.program),
        "issuer_en": facts.issuer_en or facts.issuer,
        "english_date": english_date(facts.issued_on),
        "formal_date": formal_date(facts.issued_on),
        "plain_date": typeset(plain_date(facts.issued_on)),
        "rows": table_of(facts) if facts.paper == "hours" else "",
        "total_days": f"{facts.attended_days} days" if facts.language == "en" else typeset(f"出席{facts.attended_days}天"),
        **pictures.shown(facts),
        "qr": qr,
        "is_preview": is_preview,
    }


def html_of(facts: CertificateFacts, *, is_preview: bool = False) -> str:
    qr = symbols.svg(facts.code, facts.qr_content, symbols.path_data(facts.qr_content)) if facts.code else ""
    return render_to_string(f"certificates/{facts.paper}.html", context_of(facts, qr=qr, is_preview=is_preview))


def template_of(facts: CertificateFacts) -> str:
    """The same page with a mark in place of the QR code."""
    return render_to_string(f"certificates/{facts.paper}.html", context_of(facts, qr=symbols.svg(facts.code, facts.qr_content, symbols.MARK), is_preview=False))


def identifier_of(facts: CertificateFacts) -> bytes:
    return f"{facts.number} {facts.code}".encode()


def attachment_of(facts: CertificateFacts) -> Attachment:
    """What the paper says, for machines: the frozen facts and where to check them."""
    said = facts.to_json() | {"verify": verify_url(facts.code)}
    for name in ("level", "texts", "pictures", "qr", "is_unit"):
        said.pop(name, None)
    if not prints(facts, "identity_tail"):
        said.pop("identity_tail")
    content = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return Attachment("certificate.json", content, "application/json", "证书数据", facts.issued_on)


def laid_out(facts: CertificateFacts, *, is_preview: bool = False) -> LaidOut:
    return lay_out(html_of(facts, is_preview=is_preview), identifier=identifier_of(facts), with_subsets=True)


def fits(page: LaidOut, facts: CertificateFacts) -> bool:
    paper, level = PAPERS[facts.paper], facts.level
    if page.page_count != 1 or page.bottom_mm("body") > paper.limit(facts):
        return False
    return not paper.lines[level] or facts.language != "zh" or page.line_count("text") <= paper.lines[level]


def fitting(facts: CertificateFacts, lay: Callable[[CertificateFacts], LaidOut]) -> tuple[int, LaidOut]:
    """The first level at which a paper fits, and its page. Raises RuleViolation "text_too_long"."""
    for level in range(len(PAPERS[facts.paper].lines)):
        tried = replace(facts, level=level)
        page = lay(tried)
        if fits(page, tried):
            return level, page
    raise refuse("text_too_long", lines=page.line_count("text"))
