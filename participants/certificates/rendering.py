"""Facts → paper: the template of the design, its QR code, and the size at which the text fits."""

import functools
import io
import re
from dataclasses import dataclass, replace
from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from exchange.documents import LaidOut, lay_out
from exchange.transitions import RuleViolation
from participants.certificates.codes import verify_url
from participants.certificates.facts import CertificateFacts
from participants.certificates.typesetting import HAN, formal_date, name_class, name_markup, plain_date, typeset
from participants.certificates.wording import table_of, wording_of

INK = "#1B232C"
ANY_HAN = re.compile(f"[{HAN}]")


@dataclass(frozen=True)
class Paper:
    """How far down the text may reach, and how many lines each size may take (0 = as many as there is room for)."""

    limit_mm: float
    lines: tuple[int, ...]
    single_limit_mm: float = 0  # where one issuer signs at the foot, instead of several in a row above it

    def limit(self, facts: CertificateFacts) -> float:
        return self.single_limit_mm if self.single_limit_mm and len(facts.issuers) == 1 else self.limit_mm


PAPERS = {
    "honour": Paper(139, (2, 3, 4)),
    "completion": Paper(195, (0, 0, 0, 0, 0), single_limit_mm=229),
    "award": Paper(147, (0, 0, 0, 0)),
    "hours": Paper(214, (0, 0, 0, 0, 0)),
}


def qr_svg(code: str) -> SafeString:
    """The address of the verification page as a QR code, error level M; the quiet zone is the paper around it."""
    out = io.BytesIO()
    segno.make(verify_url(code), error="m", micro=False, boost_error=False).save(
        out, kind="svg", border=0, dark=INK, xmldecl=False, svgns=True, omitsize=True, nl=False, svgclass=None, lineclass=None, title=f"扫码核验 {code}"
    )
    return mark_safe(out.getvalue().decode())


def context_of(facts: CertificateFacts, *, is_preview: bool) -> dict[str, Any]:
    words = wording_of(facts)
    return {
        "facts": facts,
        "words": words,
        "name": name_markup(facts.name),
        "name_class": name_class(facts.name),
        "event": typeset(facts.program),
        "formal_date": formal_date(facts.issued_on),
        "plain_date": typeset(plain_date(facts.issued_on)),
        "rows": table_of(facts) if facts.paper == "hours" else "",
        "total_days": typeset(f"出席{facts.attended_days}天"),
        "qr": qr_svg(facts.code) if facts.code else "",
        "is_preview": is_preview,
    }


def html_of(facts: CertificateFacts, *, is_preview: bool = False) -> str:
    return render_to_string(f"certificates/{facts.paper}.html", context_of(facts, is_preview=is_preview))


def laid_out(facts: CertificateFacts, *, is_preview: bool = False) -> LaidOut:
    return lay_out(html_of(facts, is_preview=is_preview), identifier=f"{facts.number} {facts.code}".encode(), with_subsets=True)


def fits(page: LaidOut, facts: CertificateFacts) -> bool:
    paper, level = PAPERS[facts.paper], facts.level
    if page.page_count != 1 or page.bottom_mm("body") > paper.limit(facts):
        return False
    return not paper.lines[level] or page.line_count("text") <= paper.lines[level]


def fitted(facts: CertificateFacts) -> CertificateFacts:
    """The facts with the largest size at which everything fits one page. Raises RuleViolation "text_too_long"."""
    return replace(facts, level=level_of(shape(facts)))


def shape(facts: CertificateFacts) -> CertificateFacts:
    """The facts with every Han character replaced by one and the same: they are equally wide, so equal shapes fit equally."""
    days = tuple(replace(day, titles=blank(day.titles)) for day in facts.days)
    names = {name: blank(getattr(facts, name)) for name in ("name", "unit", "position", "program", "work", "award")}
    tail = "0" * len(facts.identity_tail)
    return replace(facts, days=days, identity_tail=tail, issuers=tuple(map(blank, facts.issuers)), number="", code="", role="", unit_en="", **names)


def blank(text: str) -> str:
    return ANY_HAN.sub("字", text)


@functools.lru_cache(maxsize=2000)
def level_of(facts: CertificateFacts) -> int:
    """The first level at which a paper of this shape fits. Raises RuleViolation "text_too_long"."""
    for level in range(len(PAPERS[facts.paper].lines)):
        tried = replace(facts, level=level)
        page = laid_out(tried)
        if fits(page, tried):
            return level
    raise RuleViolation(
        "text_too_long",
        _("The text would take %(lines)s lines in its smallest size and does not fit the page. Shorten the title of the program.")
        % {"lines": page.line_count("text")},
        lines=page.line_count("text"),
    )


def certificate_pdf(facts: CertificateFacts) -> bytes:
    """The file to be kept and stamped."""
    return laid_out(facts).pdf()


def preview_pdf(facts: CertificateFacts) -> bytes:
    """The same paper without number and code, with a pale ring where the seal will stand."""
    return laid_out(replace(fitted(facts), number="", code=""), is_preview=True).pdf()
