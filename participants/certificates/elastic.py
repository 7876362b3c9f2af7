"""One stencil for papers whose texts differ in length: the paragraph around them is broken into lines anew.

Which stencil a paper gets depends on nothing but its facts, so that a reprint is the same file: texts of fixed lengths are laid out, and
where a paper takes another number of lines, texts of the fixed lengths that take just as many.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from exchange import documents
from exchange.filling import Fill
from exchange.page_texts import ALPHABET
from exchange.reflow import Unfit
from exchange.stencils import Stencil
from participants.certificates import layouts, symbols
from participants.certificates.facts import CertificateFacts
from participants.certificates.markers import CODE, FIELDS, IDEOGRAPH, USUAL, blanked_number, markers
from participants.certificates.typesetting import name_class

RUN = {"name": re.compile(f"[{IDEOGRAPH}·]+"), **dict.fromkeys(FIELDS[1:], re.compile(f"[{IDEOGRAPH}]+"))}
PLACE = "字"  # stands for a run
LENGTHS = {"name": 3, "unit": 12, "position": 4, "work": 8}
GROWING = ("unit", "work", "name")  # which text is made longer or shorter to get another number of lines
LONGEST = 120
TAIL = "9070"
KEPT = 128  # stencils
ONLY_ENGLISH = ("name_en", "unit_en", "work_en", "award_en")


@dataclass(frozen=True)
class Family:
    """Papers that may share a stencil: the same in everything but the runs of ideographs in their texts, the digits and the code."""

    facts: CertificateFacts

    @classmethod
    def of(cls, facts: CertificateFacts) -> "Family":
        texts: dict[str, Any] = {name: RUN[name].sub(PLACE, getattr(facts, name)) for name in FIELDS}
        english: dict[str, Any] = dict.fromkeys(ONLY_ENGLISH, "") if facts.language == "zh" else {}
        tail = TAIL if facts.identity_tail else ""
        return cls(replace(facts, **texts, **english, number=blanked_number(facts.number), code=CODE, qr=symbols.alike(facts.qr), identity_tail=tail, level=0))

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.facts.number, self.facts.code, self.facts.identity_tail)))

    def filled(self, extra: int) -> tuple[CertificateFacts, tuple[str, ...]]:
        """The facts with a run of markers for each run, the growing one longer by `extra`; and the runs."""
        free, grown = iter(markers()), next((name for name in GROWING if getattr(self.facts, name)), "name")
        groups: list[str] = []
        texts: dict[str, Any] = {}
        for name in FIELDS:
            first, *others = getattr(self.facts, name).split(PLACE)
            texts[name] = first
            for index, fixed in enumerate(others):
                length = (2 if index else LENGTHS[name]) + (extra if name == grown and not index else 0)
                groups.append("".join(next(free) for _ in range(length)))
                texts[name] += groups[-1] + fixed
        return replace(self.facts, **texts), tuple(groups)


@dataclass(frozen=True)
class Elastic:
    """A stencil and what it takes: `fits` says whether papers with its number of lines fit the page."""

    level: int
    stencil: Stencil
    groups: tuple[str, ...]
    texts: tuple[str, ...]
    fits: bool

    def fill(self, facts: CertificateFacts) -> Fill:
        own = tuple(filter(None, (facts.number, facts.code, facts.identity_tail)))
        groups = dict(zip(self.groups, runs_of(facts), strict=True))
        texts = dict(zip(self.texts, own, strict=True))
        return Fill({}, texts, symbols.pdf_path(facts.qr_content), layouts.identifier_of(facts), layouts.attachment_of(facts).content, groups)

    def line_counts(self, groups: tuple[str, ...], texts: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
        fill = Fill({}, dict(zip(self.texts, texts, strict=True)), b"", b"", b"", dict(zip(self.groups, groups, strict=True)))
        return documents.line_counts(self.stencil, fill)


def runs_of(facts: CertificateFacts) -> list[str]:
    return [run for name in FIELDS for run in RUN[name].findall(getattr(facts, name))]


def pattern_of(facts: CertificateFacts) -> Elastic | None:
    """The stencil for a paper, in the largest size in which it fits; None where only a layout of its own tells."""
    if name_class(facts.name) != "full" or not facts.code or not facts.number or facts.language != "zh":
        return None
    family, runs = Family.of(facts), tuple(runs_of(facts))
    texts = tuple(filter(None, (facts.number, facts.code, facts.identity_tail)))
    try:
        candidates = (with_lines_for(family, level, runs, texts) for level in range(len(layouts.PAPERS[facts.paper].lines)))
        return next((pattern for pattern in candidates if pattern.fits), None)
    except Unfit:
        return None


@functools.lru_cache(maxsize=512)  # asked for when a paper is prepared, and again when it is written
def with_lines_for(family: Family, level: int, runs: tuple[str, ...], texts: tuple[str, ...]) -> Elastic:
    base = laid(family, level, 0)
    counts = base.line_counts(runs, texts)
    wanted = tuple(needed for needed, _ in counts)
    return base if wanted == tuple(there for _, there in counts) else with_lines(family, level, wanted)


@functools.lru_cache(maxsize=KEPT)
def with_lines(family: Family, level: int, wanted: tuple[int, ...]) -> Elastic:
    """The stencil whose paragraphs have just these numbers of lines. Raises Unfit."""
    base = laid(family, level, 0)
    for extra in sizes():
        groups = family.filled(extra)[1]
        try:
            found = tuple(needed for needed, _ in base.line_counts(groups, family.texts))
        except (Unfit, StopIteration):
            continue
        if found == wanted:
            return laid(family, level, extra)
    raise Unfit("no text of ours takes that many lines")


def sizes() -> Iterator[int]:
    """1, -1, 2, -2 …: how much longer."""
    for step in range(1, LONGEST):
        yield step
        if step < min(LENGTHS.values()):
            yield -step


@functools.lru_cache(maxsize=KEPT)
def laid(family: Family, level: int, extra: int) -> Elastic:
    """Raises Unfit."""
    marked, groups = family.filled(extra)
    marked = replace(marked, level=level)
    html = layouts.template_of(marked)
    if any(html.count(marker) != html.count(group) for group in groups for marker in group):
        raise Unfit("a marker is a word of the page")
    page = documents.lay_out_template(html, ALPHABET + "".join(markers()[:USUAL]))
    attachment = layouts.attachment_of(marked)
    stencil = documents.stencil_of(page, markers="".join(markers()), texts=family.texts, free=family.facts.code, attachment=attachment, groups=groups)
    return Elastic(level, stencil, groups, family.texts, layouts.fits(page, marked))
