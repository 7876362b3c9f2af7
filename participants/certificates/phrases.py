"""The little language in which offices write the words of a paper: plain text, {fields}, and [parts that go when a field in them is empty].

Nothing of it is markup or code: every other character stands on the paper as it is.
"""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from exchange.transitions import RuleViolation

# Name in Chinese, name in English, what it is: in the order in which the desk lists them.
FIELDS = {
    "name": ("姓名", "name", gettext_lazy("name of the holder")),
    "you": ("您", "you", gettext_lazy("您, 你 for pupils, 你们 for teams (Chinese only)")),
    "unit": ("单位", "unit", gettext_lazy("school or office of the holder")),
    "position": ("职务", "position", gettext_lazy("position of the holder")),
    "identity_tail": ("证件末四位", "id", gettext_lazy("last four characters of the ID number")),
    "program": ("活动", "program", gettext_lazy("title of the program")),
    "dates": ("日期", "dates", gettext_lazy("first and last day of the program")),
    "hours": ("学时", "hours", pgettext_lazy("field", "credit hours")),
    "sessions": ("次数", "sessions", gettext_lazy("attended items")),
    "award": ("奖项", "award", gettext_lazy("prize or rank")),
    "category": ("组别", "category", pgettext_lazy("field", "category")),
    "work": ("作品", "work", gettext_lazy("title of the work or entry")),
    "members": ("成员", "members", gettext_lazy("members of the team")),
    "instructors": ("指导教师", "instructors", pgettext_lazy("field", "instructors")),
    "issuer": ("签发单位", "issuer", gettext_lazy("office that issues the paper")),
    "issued_on": ("签发日期", "date", gettext_lazy("date of issue")),
    "wish": ("寄语", "wish", gettext_lazy("closing words, friendlier for pupils (Chinese only)")),
}
CODES = {name: code for code, (chinese, english, _meaning) in FIELDS.items() for name in (chinese, english)}
SAME = str.maketrans("｛｝［］", "{}[]")  # as Chinese keyboards type them
_BRACKET = re.compile(r"[{}\[\]]")


@dataclass(frozen=True)
class Run:
    """A piece of a filled text; `field` is the code of the field it came from, "" for the words around."""

    text: str
    field: str = ""


@dataclass(frozen=True)
class Piece:
    """Words, or a field, that belong to the optional part with this number (0 = none)."""

    text: str
    is_field: bool
    part: int


def parse(text: str) -> list[Piece]:
    """The pieces of a text. Raises RuleViolation "unknown_field", "unclosed_field", "unclosed_part", "nested_part", "stray_bracket" with the position."""
    return list(_pieces(text.translate(SAME)))


def _pieces(text: str) -> Iterator[Piece]:
    at, part, parts, opened = 0, 0, 0, 0
    while found := _BRACKET.search(text, at):
        start = found.start()
        if start > at:
            yield Piece(text[at:start], False, part)
        at = start + 1
        if found[0] == "{":
            code, at = _field(text, start)
            yield Piece(code, True, part)
        elif found[0] == "[":
            _refuse_if(part > 0, "nested_part", start, _("Character %(position)s: a part in [ ] cannot hold another one."))
            parts += 1
            part, opened = parts, start
        else:
            _refuse_if(found[0] == "}" or not part, "stray_bracket", start, _("Character %(position)s: this bracket closes nothing."))
            part = 0
    _refuse_if(part > 0, "unclosed_part", opened, _("Character %(position)s: the part that begins here has no ]."))
    if at < len(text):
        yield Piece(text[at:], False, 0)


def _field(text: str, start: int) -> tuple[str, int]:
    """The code of the field that begins at `start`, and where the text goes on."""
    end = text.find("}", start)
    name = text[start + 1 : end].strip()
    _refuse_if(end < 0 or "{" in name, "unclosed_field", start, _("Character %(position)s: the field that begins here has no }."))
    code = CODES.get(name, "")
    if not code:
        message = _("Character %(position)s: there is no field {%(name)s}. The list below names those there are.")
        raise RuleViolation("unknown_field", message % {"position": start + 1, "name": name[:20]}, position=start + 1)
    return code, end + 1


def _refuse_if(is_wrong: bool, code: str, start: int, message: str) -> None:
    if is_wrong:
        raise RuleViolation(code, message % {"position": start + 1}, position=start + 1)


def fields_in(*texts: str) -> frozenset[str]:
    return frozenset(piece.text for text in texts for piece in parse(text) if piece.is_field)


def fill(text: str, values: Mapping[str, str], unsaid: Container[str] = ()) -> list[Run]:
    """The text with the values in place of its fields, without the optional parts of which a field is empty or `unsaid`."""
    pieces = parse(text)
    gone = {piece.part for piece in pieces if piece.is_field and piece.part and (piece.text in unsaid or not values.get(piece.text))}
    kept = (piece for piece in pieces if piece.part not in gone)
    runs = [Run(values.get(piece.text, ""), piece.text) if piece.is_field else Run(piece.text) for piece in kept]
    return _without_double_quotes([run for run in runs if run.text])


def _without_double_quotes(runs: list[Run]) -> list[Run]:
    """“…” and 《…》 around a title that brings such marks of its own are left out."""
    texts = [run.text for run in runs]
    for index in range(1, len(runs) - 1):
        around = texts[index - 1][-1:] + texts[index + 1][:1]
        own = "“《" if around == "“”" else "《" if around == "《》" else ""
        if runs[index].field in ("program", "work") and any(mark in texts[index] for mark in own):
            texts[index - 1], texts[index + 1] = texts[index - 1][:-1], texts[index + 1][1:]
    return [Run(text, run.field) for text, run in zip(texts, runs, strict=True) if text]


def plain(text: str, values: Mapping[str, str]) -> str:
    return "".join(run.text for run in fill(text, values))
