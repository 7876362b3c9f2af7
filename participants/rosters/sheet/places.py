"""Matching what sheets call a district or a unit with the directory."""

import difflib
import functools
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

SUFFIX = re.compile(r"(特别行政区|自治区|自治州|自治县|自治旗|地区|新区|林区|省|市|区|县|盟|旗)$")
OLD_NAMES = {
    "通县": "110112",
    "大兴县": "110115",
    "顺义县": "110113",
    "昌平县": "110114",
    "北郊区": "120113",
    "塘沽区": "120116",
    "汉沽区": "120116",
    "大港区": "120116",
    "宣武区": "110102",
    "崇文区": "110101",
}
FUZZY_RATIO = 0.75
MOST_CANDIDATES = 30
PART_OF_UNIT = re.compile(
    r"\s*(?:[(（].*|[东南西北新老总本]?校区|分校|[高初]中部|小学部|校?本部|(?:[高初][一二三]|[一二三四五六七八九]年级|\d{4}级).*|(?<=[学院园校])[\u4e00-\u9fff]{2,5}(?:组|处|室|科))$",
    re.DOTALL,
)


@dataclass(frozen=True)
class Place:
    """A division: `full` is 天津市北辰区."""

    code: str
    name: str
    full: str


@dataclass(frozen=True)
class Unit:
    """An organisation that may send people. `path` is its place in the tree."""

    pk: int
    name: str
    path: str
    division: str = ""
    aliases: tuple[str, ...] = ()
    delegation: int | None = None  # the delegation it belongs to, None = not invited


@dataclass(frozen=True)
class RosterDirectory:
    """What a sheet is matched against. `invited` are the division codes that have places in the program."""

    places: tuple[Place, ...]
    units: tuple[Unit, ...]
    invited: tuple[str, ...] = ()
    own_paths: tuple[str, ...] | None = None  # subtrees the uploader may register for; None = all
    home: Unit | None = None  # the unit that a sheet without a unit column is about
    _cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @functools.cached_property
    def place_names(self) -> dict[str, set[str]]:
        """Every way to write a place → division codes."""
        names: dict[str, set[str]] = defaultdict(set)
        provinces = {place.code[:2]: place for place in self.places if place.code.endswith("0000")}
        prefectures = {place.code[:4]: place for place in self.places if place.code.endswith("00")}
        for place in self.places:
            province, prefecture = provinces.get(place.code[:2]), prefectures.get(place.code[:4])
            for name in {place.name, bare(place.name)}:
                names[name].add(place.code)
                for above in {above.name for above in (province, prefecture) if above and above.code != place.code}:
                    names[above + name].add(place.code)
                    names[bare(above) + name].add(place.code)
                if province and prefecture and prefecture is not province:
                    for first in (province.name, bare(province.name)):
                        for second in (prefecture.name, bare(prefecture.name)):
                            names[first + second + name].add(place.code)
            names[place.full].add(place.code)
        for name, code in OLD_NAMES.items():
            names[name].add(code)
        return names

    @functools.cached_property
    def by_code(self) -> dict[str, Place]:
        return {place.code: place for place in self.places}

    def is_invited(self, code: str) -> bool:
        return any(covers(invited, code) for invited in self.invited)

    def match_place(self, text: str) -> list[Place]:
        """Places that the text may mean; with several, those of the program are preferred."""
        key = re.sub(r"[\s·,，、/\-]", "", text)
        codes = self.place_names.get(key, set())
        invited = {code for code in codes if self.is_invited(code)}
        return sorted((self.by_code[code] for code in (invited or codes)), key=lambda place: place.code)

    @functools.cached_property
    def unit_names(self) -> dict[str, set[Unit]]:
        names: dict[str, set[Unit]] = defaultdict(set)
        for unit in self.units:
            for name in {unit.name, *unit.aliases}:
                for form in {normal_unit(name), self.without_place(normal_unit(name))}:
                    if form:
                        names[form].add(unit)
        return names

    def without_place(self, name: str) -> str:
        """辰光高级中学 for 天津市北辰区辰光高级中学: the leading names of places are cut."""
        shorter = re.sub(r"^(?:[\u4e00-\u9fff]{2,3}省)?(?:[\u4e00-\u9fff]{2,4}?市)?(?:[\u4e00-\u9fff]{2,3}?[区县])?", "", name)
        return shorter if len(shorter) >= 4 else name

    def match_unit(self, text: str, district: str = "") -> tuple[list[Unit], str]:
        """(units, how): how is exact, known (a short form or alias), fuzzy or none."""
        key = (text, district)
        if key not in self._cache:
            self._cache[key] = self._match_unit(text, district)  # type: ignore[index]
        return self._cache[key]  # type: ignore[index,return-value]

    def _match_unit(self, text: str, district: str) -> tuple[list[Unit], str]:
        normal = normal_unit(text)
        exact = [unit for unit in self.units if unit.name == text]
        if exact:
            return narrowed(exact, district), "exact"
        found = self.unit_names.get(normal) or self.unit_names.get(self.without_place(normal)) or set()
        if found:
            return narrowed(sorted(found, key=lambda unit: unit.pk), district), "known"
        close = difflib.get_close_matches(self.without_place(normal), self.candidates(self.without_place(normal)), n=3, cutoff=FUZZY_RATIO)
        fuzzy = {unit for name in close for unit in self.invited_cores[name]}
        if fuzzy:
            return narrowed(sorted(fuzzy, key=lambda unit: unit.pk), district), "fuzzy"
        whole = PART_OF_UNIT.sub("", text.strip())
        return (self._match_unit(whole, district)[0], "fuzzy") if whole not in ("", text.strip()) else ([], "none")

    @functools.cached_property
    def invited_cores(self) -> dict[str, set[Unit]]:
        """Names without their places, of units that may send: with the place before them all schools of a district look alike."""
        cores: dict[str, set[Unit]] = defaultdict(set)
        for name, units in self.unit_names.items():
            cores[self.without_place(name)] |= {unit for unit in units if unit.delegation is not None}
        return {name: units for name, units in cores.items() if units}

    @functools.cached_property
    def cores_by_character(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for core in self.invited_cores:
            for character in set(core):
                found[character].append(core)
        return found

    def candidates(self, core: str) -> list[str]:
        """The cores that share most characters: comparing with every unit of a province would take minutes for a bad sheet."""
        shared = Counter(name for character in set(core) for name in self.cores_by_character.get(character, ()))
        return [name for name, _count in shared.most_common(MOST_CANDIDATES)]


def covers(wide: str, narrow: str) -> bool:
    """131000 (a prefecture) covers 131003; 110000 covers everything in Beijing."""
    return narrow.startswith(re.sub(r"(00){1,2}$", "", wide)) if wide.endswith("00") else wide == narrow


def narrowed(units: list[Unit], district: str) -> list[Unit]:
    inside = [unit for unit in units if district and unit.division and (covers(district, unit.division) or covers(unit.division, district))]
    return inside or units


def bare(name: str) -> str:
    """北辰 for 北辰区, 廊坊 for 廊坊市; names of two characters such as 蓟县 keep theirs."""
    shorter = SUFFIX.sub("", name)
    return shorter if len(shorter) >= 2 else name


def normal_unit(name: str) -> str:
    name = re.sub(r"[\s·()（）“”\"]", "", name)
    return name.replace("高级中学", "高中").replace("教育委员会", "教委").replace("委员会", "委").replace("教育局", "教委")
