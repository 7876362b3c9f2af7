"""Papers by stencil: one layout for all papers of a design whose texts are equally long, then each person's characters in its slots."""

import functools
import re
from dataclasses import dataclass, field, replace
from typing import Any

from exchange import documents
from exchange.stencils import ALPHABET, Fill, Stencil, Unfit
from participants.certificates import layouts, symbols
from participants.certificates.facts import CertificateFacts
from participants.certificates.typesetting import HAN

FIELDS = ("name", "unit", "position", "work")
CODE = "7K4M-Q2XH-9TBD-0Z3C"
TAILS = ("9070", "8061", "7052", "6093", "5084")
# Ideographs of one width, one line-breaking class and no other form; iteration marks and compatibility forms go the long way.
EXCHANGEABLE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")
PLAIN = re.compile(f"[{HAN}\u0020-\u007e·•（）《》、，。“”—-]*")
MARKERS = 260
USUAL = 48  # markers that most shapes can do with: the fonts of the templates have them from the start
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
    if not all(PLAIN.fullmatch(getattr(facts, name)) for name in FIELDS):
        return None
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
    head, mark, serial = facts.number.rpartition("第")
    number = head + mark + re.sub("[0-9]", "0", serial)
    return replace(facts, **blanked, number=number, code=CODE if facts.code else "", identity_tail=tail_shape(facts), level=0)


def tail_shape(facts: CertificateFacts) -> str:
    """Digits that occur nowhere else on the paper, with an X where this tail has one."""
    written = "".join((*(getattr(facts, name) for name in FIELDS), facts.program, facts.number, *(row.titles for row in facts.days)))
    tail = next(tail for tail in TAILS if tail not in written)
    return "".join(char if char == "X" else digit for char, digit in zip(facts.identity_tail, tail, strict=False))


def fill(facts: CertificateFacts, pattern: Pattern) -> Fill:
    characters = {marker: getattr(facts, name)[index] for name, index, marker in pattern.markers}
    texts = {old: new for old, new in zip(pattern.texts, (facts.number, facts.code, facts.identity_tail), strict=True) if old}
    return Fill(characters, texts, symbols.pdf_path(facts.code), layouts.identifier_of(facts), layouts.attachment_of(facts).content)


def level_of(facts: CertificateFacts) -> int:
    return pattern_of(shape(facts)).level


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


@functools.cache
def markers() -> tuple[str, ...]:
    """Ideographs that all our fonts have in full width, and that hardly any text uses: none of GB 2312."""
    found = []
    for char in map(chr, range(0x4E00, 0x9FA6)):
        if not is_common(char) and documents.is_full_width(char):
            found.append(char)
            if len(found) == MARKERS:
                break
    return tuple(found)


def is_common(char: str) -> bool:
    try:
        return bool(char.encode("gb2312"))
    except UnicodeEncodeError:
        return False
