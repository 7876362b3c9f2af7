"""Where things stand in a sheet: the header row, the columns, and which rows speak of people. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from exchange.spreadsheets import EMPTY, Cell, SheetCells, SheetMarks, SpreadsheetError, letters_of
from participants.rosters.sheet.cleaning import visible
from participants.rosters.sheet.columns import HEADER_NEEDS, HEADER_SEARCH_ROWS, NO_HEADER, SYNONYMS, UNSHOWN, field_of
from participants.rosters.sheet.guessing import first_person

SKIP_STARTS = (
    "合计",
    "总计",
    "小计",
    "共计",
    "注：",
    "注:",
    "备注：",
    "备注:",
    "说明",
    "填表人",
    "填报人",
    "填表日期",
    "填报日期",
    "审核人",
    "经办人",
    "负责人",
    "注意",
    "提示",
    "温馨提示",
    "人数",
    "总人数",
    "填报单位",
    "报送单位",
    "主管领导",
    "分管领导",
    "联系人：",
    "联系人:",
    "（盖章）",
    "(盖章)",
    "单位负责人",
    "本页",
    "审核",
    "制表",
    "签字",
    "签名",
    "盖章",
    "校长签",
    "校长：",
    "校长:",
    "领导签",
    "单位意见",
    "学校意见",
    "total",
    "subtotal",
    "note",
)
PART_TITLE = re.compile(r"[（(]?[一二三四五六七八九十]{1,2}[、.)）].*|.*(名单|信息|人员|情况|名册|汇总表)[:：]?")
CLOSING = re.compile(
    r"[\d〇零一二三四五六七八九十]{2,4}年[\d一二三四五六七八九十]{0,3}月.*|\d{4}[-./]\d{1,2}[-./]\d{1,2}|.*(学校|中学|小学|幼儿园|教育局|委员会|大学|学院)"
)
EXAMPLE = re.compile(r"^[(（]?(示例|样例|例[:：]|例如|样表|example)", re.IGNORECASE)
NOTE = re.compile(
    r"[(（【\[].*[)）】\]]|(?:\d{1,2}|[一二三四五六七八九十])[、.．)）][^·]{5,}|.*(?:公章|盖章|签章|签字|签名).*|第\d+页.*"
    r"|[男女][:：]?\d+[人名].*|[*＊※].{0,4}[为请注表必].*|(?:以上|以下|附|另).{4,}|(?=.*[，。；：:])[^·]{13,}"
)
HARD_FACT = re.compile(r"\d{15}|1[3-9]\d{9}|^[男女]$")  # a note holds none
OF_A_PERSON = frozenset({"gender", "national_id", "birth_on", "ethnicity", "phone", "email"})
MAX_TEXT, MAX_TITLE = 80, 20
VERSION = re.compile(r"\d{4}\.\d+")


@dataclass(frozen=True)
class RowInput:
    """A row as it came, and what the user decided about it. `is_person` is what the sheet's layout suggests."""

    row: int
    cells: Mapping[str, Cell]
    is_person: bool = True
    text: str = ""  # what to show of a row that is skipped
    edits: Mapping[str, str] = field(default_factory=dict)  # column → what the user typed instead
    is_confirmed: bool = False  # the fuzzy match of the unit
    is_skipped: bool | None = None  # None = as the layout suggests
    mark: str = ""  # "struck" or "hidden" in the sheet: whether the person comes is for the user to say
    struck: tuple[str, ...] = ()  # single columns that are struck out

    @property
    def is_undecided(self) -> bool:
        return bool(self.mark) and self.is_skipped is None

    @property
    def counts(self) -> bool:
        """Whether the row is read as a person."""
        return self.is_person if self.is_skipped is None else not self.is_skipped

    @property
    def current(self) -> dict[str, Cell]:
        """The cells with the user's corrections in place."""
        typed = {column: Cell(text, "text") for column, text in self.edits.items()}
        return {column: cell for column, cell in {**self.cells, **typed}.items() if cell.text}


@dataclass(frozen=True)
class SheetLayout:
    """`header_row` is the row number of the header, `columns` the fields that the sheet has."""

    sheet: str
    header_row: int
    columns: tuple[str, ...]
    rows: tuple[RowInput, ...]
    template: str = ""  # the version of our own workbook, when it is one
    unused: tuple[str, ...] = ()  # titles of columns that were not understood
    other_sheets: tuple[str, ...] = ()  # lists of people in the same workbook that were not read
    hidden: tuple[str, ...] = ()  # titles of columns that the sheet hides, and that were read all the same
    said: tuple[str, ...] = ()  # the field of each column, when the user has named them
    is_turned: bool = False  # read with rows and columns exchanged, because the sheet lies on its side

    @property
    def choosable(self) -> list[str]:
        """Those that are sheets of their own; a list beside this one is named by its first cell."""
        return [name for name in self.other_sheets if "!" not in name]

    @property
    def is_unread(self) -> bool:
        """Somebody has to say first which column is what."""
        return not self.columns


@dataclass(frozen=True)
class Header:
    """Where titles stand: `first` is the index of their row, `last` the same or the one below, `fields` what they name."""

    first: int
    last: int
    fields: tuple[str, ...]

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self.fields) - {""}

    @property
    def is_enough(self) -> bool:
        return self.known >= HEADER_NEEDS and len(self.known) >= 3

    @property
    def columns(self) -> dict[str, None]:
        return dict.fromkeys(name for name in self.fields if name)


def find_header(rows: Sequence[list[Cell]]) -> Header:
    """The first titles of columns among the first 15 rows, in one line or two. Raises SpreadsheetError "no_header"."""
    found = [header for index in range(min(len(rows), HEADER_SEARCH_ROWS)) if (header := header_at(rows, index)).is_enough]
    if not found:
        raise SpreadsheetError("no_header", str(NO_HEADER))
    first = next((header for header in found if not is_form(rows[header.first])), found[-1])
    closer = [header for header in found if header.first == first.last + 1 and len(header.known) > len(first.known)]
    return closer[0] if closer else first  # of two lines of titles with merged cells the lower says it all


def is_form(row: list[Cell]) -> bool:
    """“单位：…… 姓名：…… 电话：……” above the list is about whoever sends it."""
    return sum(cell.text.rstrip().endswith((":", "：")) for cell in row) >= 2


def header_at(rows: Sequence[list[Cell]], index: int) -> Header:
    """The titles in a row; or in it and the next, when that says more closely what stands under some of them."""
    single = Header(index, index, tuple(header_fields(rows[index])))
    if index + 1 == len(rows) or not any(cell.text for cell in rows[index]):
        return single
    above, below = rows[index], rows[index + 1]
    if header_at_once(below):
        return single
    width = max(len(above), len(below))
    pairs = [(above[column] if column < len(above) else EMPTY, below[column] if column < len(below) else EMPTY) for column in range(width)]
    more = [lower for _upper, lower in pairs if field_of(lower.text)]
    double = Header(index, index + 1, tuple(header_fields([lower if field_of(lower.text) else upper for upper, lower in pairs])))
    return double if len(more) >= 2 and len(double.known) > len(single.known) else single


def header_at_once(row: list[Cell]) -> bool:
    return Header(0, 0, tuple(header_fields(row))).is_enough


def header_fields(row: list[Cell]) -> list[str]:
    """Fields by column, each field once. A second phone column after the emergency contact is the contact's; what follows a second name is that person's."""
    used: set[str] = set()
    fields, is_of_another = [], False
    for cell in row:
        name = field_of(cell.text) if cell.text.strip() else None
        is_of_another = is_of_another or (name == "name" and "name" in used)
        if is_of_another and name in OF_A_PERSON:
            name = None
        if name == "phone" and "phone" in used and "emergency_contact" in used:
            name = "emergency_phone"
        fields.append(name if name and name not in used else "")
        used.update({name} if name else ())
    return fields


def header_as_said(cells: SheetCells, fields: Sequence[str]) -> Header:
    """The columns as the user named them; without titles the list begins with the first person."""
    width = max(map(len, cells.rows), default=0)
    named = tuple([*fields, *[""] * (width - len(fields))][:width])
    try:
        found = find_header(cells.rows)
    except SpreadsheetError:
        first = first_person(cells, HEADER_SEARCH_ROWS)
        return Header(first, first - 1, named)
    return Header(found.first, found.last, named)


def lay_out(cells: SheetCells, said: Sequence[str] | None = None) -> SheetLayout:
    """The sheet's rows by field, with the other lines as rows to skip. `said` are the fields of the columns, when the user has named them.
    Raises SpreadsheetError "no_header".

    Titles that come again further down, perhaps in another order, hold for the rows below them: a sheet may have a table of leaders and one of others.
    """
    first = current = find_header(cells.rows) if said is None else header_as_said(cells, said)
    rows = [other_line(number, row) for number, row in enumerate(cells.rows[: first.first], start=1)]
    columns, unused = first.columns, unused_titles(cells.rows, first)
    for index, row in enumerate(cells.rows[first.last + 1 :], start=first.last + 1):
        if index == current.last:
            rows.append(other_line(index + 1, row))
        elif is_header_again(row) and (again := header_at(cells.rows, index)).is_enough and not again.known <= first.known & frozenset(said or ()):
            current, columns, unused = again, columns | again.columns, unused | unused_titles(cells.rows, again)
            rows.append(other_line(index + 1, row))
        else:
            rows.append(row_input(index + 1, row, current.fields, cells.marks))
    template = template_of(titles_in(cells.rows, first), first.fields)
    others = [*list_beside(cells, first), *cells.other_sheets]
    return SheetLayout(cells.sheet, first.last + 1, tuple(columns), tuple(rows), template, tuple(unused), tuple(others), hidden_titles(cells, first))


def titles_in(rows: Sequence[list[Cell]], header: Header) -> list[Cell]:
    """The row right above the people; a list that begins with its first row has none."""
    return rows[header.last] if header.last >= 0 else []


def other_line(number: int, row: list[Cell]) -> RowInput:
    return RowInput(number, {}, is_person=False, text=line_of(row))


def is_header_again(row: list[Cell]) -> bool:
    """Worth a closer look: some short cell speaks of a name."""
    return any("名" in cell.text or "ame" in cell.text or "AME" in cell.text for cell in row if len(cell.text) <= 12)


def unused_titles(rows: Sequence[list[Cell]], header: Header) -> dict[str, None]:
    """Titles of columns that hold something and are not read, and remarks beside the list: the sender should know."""
    titles: dict[str, None] = {}
    head, below = titles_in(rows, header), rows[header.last + 1 :]
    width, end = max(map(len, below), default=0), second_list(head, header)
    for column in range(width if end is None else end):
        if column < len(header.fields) and header.fields[column]:
            continue
        title = visible(head[column].text) if column < len(head) else ""
        remark = next((text for row in below if column < len(row) and (text := visible(row[column].text)) and text != title), "")
        if remark:
            titles[(title or remark)[:MAX_TITLE]] = None
    return titles


def second_list(row: list[Cell], header: Header) -> int | None:
    """The column where the titles begin again: another list stands beside the first."""
    again = [column for column, cell in enumerate(row) if not header.fields[column] and field_of(cell.text)]
    names = {field_of(row[column].text) for column in again}
    return again[0] if names >= HEADER_NEEDS and len(names & header.known) >= 3 else None


def list_beside(cells: SheetCells, header: Header) -> list[str]:
    """["名单!G2"] when another list begins there."""
    column = second_list(titles_in(cells.rows, header), header)
    return [] if column is None else [f"{cells.sheet}!{letters_of(column)}{header.last + 1}".lstrip("!")]


def template_of(header: list[Cell], fields: Sequence[str]) -> str:
    """The version stands in the title of the hidden column."""
    found = VERSION.search(header[fields.index("key")].text) if "key" in fields else None
    return found[0] if found else ""


def hidden_titles(cells: SheetCells, header: Header) -> tuple[str, ...]:
    read = [column for column in sorted(cells.marks.columns) if column < len(header.fields) and header.fields[column] not in ("", *UNSHOWN)]
    titles = titles_in(cells.rows, header)
    return tuple(visible(titles[column].text)[:MAX_TITLE] or letters_of(column) for column in read if column < len(titles))


def row_input(index: int, row: list[Cell], fields: Sequence[str], marks: SheetMarks) -> RowInput:
    named = {name: cell for name, cell in zip(fields, row, strict=False) if name and cell.text}
    if is_no_person(row, named):
        return RowInput(index, named, False, line_of([cell for cell in row if cell is not named.get("key")]))
    if index not in marks.struck and index not in marks.hidden:
        return RowInput(index, named)
    struck = [fields[column] for column in sorted(marks.struck.get(index, ())) if column < len(fields) and fields[column] in named.keys() - UNSHOWN]
    is_struck = "name" in struck or len(struck) * 2 > len(named.keys() - UNSHOWN)
    mark = "struck" if is_struck else "hidden" if index in marks.hidden else ""
    return RowInput(index, named, mark=mark, struck=() if is_struck else tuple(struck))


def line_of(row: list[Cell]) -> str:
    return "　".join(visible(cell.text) for cell in row if visible(cell.text))[:MAX_TEXT]


def is_no_person(row: list[Cell], named: Mapping[str, Cell]) -> bool:
    """Empty rows, totals, footnotes, repeated headers, and the example row of our own workbook."""
    key = named.get("key", EMPTY)  # hidden, so no part of what the row says
    texts = [visible(cell.text) for cell in row if visible(cell.text) and cell is not key]
    if not texts or not [name for name in named if name not in UNSHOWN and visible(named[name].text)]:
        return True
    first = re.sub(r"\s", "", texts[0])
    if len(texts) <= 4 and first.lower().startswith(SKIP_STARTS):
        return True
    if EXAMPLE.match(first) or EXAMPLE.match(visible(named.get("name", EMPTY).text)):
        return True
    if len(texts) == 1 and (len(first) > 12 or "name" not in named or PART_TITLE.fullmatch(first) or CLOSING.fullmatch(first)):
        return True
    if len(texts) <= 3 and NOTE.fullmatch(first) and not any(HARD_FACT.search(text) for text in texts):
        return True
    return sum("".join(text.split()).lower() in SYNONYMS for text in texts) >= 3
