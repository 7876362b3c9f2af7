"""Papers by stencil: laid out once, then each person's characters in its slots.

Most papers share a stencil of a paragraph that is broken anew (elastic.py); the others one with all whose texts are equally long.
"""

import contextlib
import functools
import re
from dataclasses import dataclass, field, replace
from typing import Any

from exchange import documents
from exchange.filling import Fill
from exchange.page_texts import ALPHABET
from exchange.reflow import Unfit
from exchange.stencils import Stencil
from participants.certificates import elastic, layouts, symbols
from participants.certificates.facts import CertificateFacts
from participants.certificates.markers import CODE, FIELDS, IDEOGRAPH, USUAL, blanked_number, markers
from participants.certificates.typesetting import HAN

TAILS = ("9070", "8061", "7052", "6093", "5084")
EXCHANGEABLE = re.compile(f"[{IDEOGRAPH}]")
PLAIN = re.compile(f"[{HAN}\u0020-\u007e·•（）《》、，。“”—-]*")
KEPT = 256  # stencils


@dataclass(frozen=True)
class Pattern:
    """A shape's size, its stencil (None where it cannot have one), and the marker of each of its slots: (field, index) → marker."""

    level: int
    stencil: Stencil | None
    markers: tuple[tuple[str, int, str], ...] = ()
    texts: tuple[str, str, str] = ("", "", "")  # number, code and tail as the template has them


def pdf_of(facts: CertificateFacts) -> bytes | None:
    """The paper by stencil, or None where this paper has to be laid out by itself."""
    if not is_plain(facts):
        return None
    shared = elastic.pattern_of(facts)
    if shared is not None and shared.level == facts.level:
        with contextlib.suppress(Unfit):
            return documents.fill_stencil(shared.stencil, shared.fill(facts))
    return by_shape(facts)


def is_plain(facts: CertificateFacts) -> bool:
    return all(PLAIN.fullmatch(getattr(facts, name)) for name in FIELDS)


def by_shape(facts: CertificateFacts) -> bytes | None:
    """The paper with the stencil of those whose texts are equally long, or None."""
    pattern = pattern_of(shape(facts))
    if pattern.stencil is None or pattern.level != facts.level:
        return None
    try:
        return documents.fill_stencil(pattern.stencil, fill(facts, pattern))
    except Unfit:
        return None


def shape(facts: CertificateFacts) -> CertificateFacts:
    """What papers have in common that may share a stencil: everything but ideographs, digits of the number and the code."""
    blanked: dict[str, Any] = {name: EXCHANGEABLE.sub("字", getattr(facts, name)) for name in FIELDS}
    return replace(
        facts,
        **blanked,
        number=blanked_number(facts.number),
        code=CODE if facts.code else "",
        qr=symbols.alike(facts.qr),
        identity_tail=tail_shape(facts),
        level=0,
    )


def tail_shape(facts: CertificateFacts) -> str:
    """Digits that occur nowhere else on the paper, with an X where this tail has one."""
    written = "".join((*(getattr(facts, name) for name in FIELDS), facts.program, facts.number, *(row.titles for row in facts.days)))
    tail = next(tail for tail in TAILS if tail not in written)
    return "".join(char if char == "X" else digit for char, digit in zip(facts.identity_tail, tail, strict=False))


def fill(facts: CertificateFacts, pattern: Pattern) -> Fill:
    characters = {marker: getattr(facts, name)[index] for name, index, marker in pattern.markers}
    texts = {old: new for old, new in zip(pattern.texts, (facts.number, facts.code, facts.identity_tail), strict=True) if old}
    return Fill(characters, texts, symbols.pdf_path(facts.qr_content), layouts.identifier_of(facts), layouts.attachment_of(facts).content)


def level_of(facts: CertificateFacts) -> int:
    shared = elastic.pattern_of(facts) if is_plain(facts) else None
    return pattern_of(shape(facts)).level if shared is None else shared.level


@functools.lru_cache(maxsize=1000)
def pattern_of(shaped: CertificateFacts) -> Pattern:
    """The size at which papers of this shape fit, and their stencil. Raises RuleViolation "text_too_long"."""
    marked, slots = with_markers(shaped)
    made = laid_stencil(Template(layouts.template_of(marked), marked, (shaped.number, shaped.code, shaped.identity_tail)))
    markers = {marker for _, _, marker in slots}
    is_clear = not markers & set(layouts.template_of(shaped))  # a marker that is a word of the page would be exchanged there too
    return replace(made, markers=tuple(slots), stencil=made.stencil if is_clear else None)


@dataclass(frozen=True)
class Template:
    """Equal when the page is: unit and position, say, may be divided in another way."""

    html: str
    facts: CertificateFacts = field(compare=False)
    texts: tuple[str, str, str]


@functools.lru_cache(maxsize=KEPT)
def laid_stencil(template: Template) -> Pattern:
    def lay(tried: CertificateFacts) -> documents.LaidOut:
        return documents.lay_out_template(layouts.template_of(tried), ALPHABET + "".join(markers()[:USUAL]))

    level, page = layouts.fitting(template.facts, lay)
    try:
        texts = [text for text in template.texts if text]
        attachment = layouts.attachment_of(template.facts)
        stencil = documents.stencil_of(page, markers="".join(markers()), texts=texts, free=template.facts.code, attachment=attachment)
    except Unfit:
        stencil = None
    return Pattern(level, stencil, texts=template.texts)


def with_markers(shaped: CertificateFacts) -> tuple[CertificateFacts, list[tuple[str, int, str]]]:
    """Each 字 that stands for an ideograph becomes a marker of its own."""
    free = iter(markers())
    slots: list[tuple[str, int, str]] = []
    fields: dict[str, Any] = {}
    for name in FIELDS:
        text = list(getattr(shaped, name))
        for index, char in enumerate(text):
            if char == "字":
                text[index] = next(free)
                slots.append((name, index, text[index]))
        fields[name] = "".join(text)
    return replace(shaped, **fields), slots
