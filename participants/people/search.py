"""Finding people by a part of their name or pinyin, through an index of grams instead of a scan.

A name is cut into its characters and pairs, pinyin and initials into pairs and threes; whoever contains a word contains all its grams. PostgreSQL keeps
them in a GIN index over a function, SQLite in an FTS5 table that triggers keep up to date. Callers see neither.

Pinyin has few letters: every third name holds “ang”, and SQLite walks the whole list of a gram. So it keeps the next six letters from each letter of the
pinyin instead: a word of up to six is looked for as the beginning of one of them, a longer one by a few of six letters, which are rare.
"""

from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, connections
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from rest_framework.request import Request

from exchange.api_input import NamedFilters, WhitelistOrdering, WhitelistSearch
from participants.people.fields import findable

TABLE = "participants_person"
INDEX = "participants_person_search"
MOST_WORDS = 8
# Letters are folded as both databases fold them: A to Z alone.
FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
# Which sizes of grams are kept of what: the mark in front keeps them apart.
SIZES = {"n": (1, 2), "p": (2, 3), "i": (2, 3)}
STRETCH = 6  # letters of pinyin that SQLite keeps in one piece
SQLITE_SIZES = {**SIZES, "p": (STRETCH,)}


def matching(rows: QuerySet[Any], text: str, person: str = "", *, reader: Any = None) -> QuerySet[Any]:
    """Rows whose person's name, pinyin or initials contain every word of `text`; `person` is the path to the person, "" for people themselves.

    Names that the `reader` may not read are not to be found by their letters either.
    """
    if reader is not None and text.split():
        rows = findable(rows, reader, person)
    for word in text.split()[:MOST_WORDS]:
        rows = rows.filter(contains(word, person))
    return rows


def contains(word: str, person: str = "") -> Q:
    """The condition for one word; a single letter is looked for without the index, since half of everybody matches."""
    step = f"{person}__" if person else ""
    scan = Q(**{f"{step}name__icontains": word}) | Q(**{f"{step}pinyin__icontains": word}) | Q(**{f"{step}initials__icontains": word})
    if len(word) == 1 and word.isascii():
        return scan
    if connection.vendor == "postgresql":
        columns = [F(step + column) for column in ("name", "pinyin", "initials")]
        return reduce(or_, (Q(HasGrams(*columns, Value(grams))) for grams in kept(word).values())) & scan
    return Q(**{f"{step}pk__in": RawSQL(f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s", [_match(word)])}) & scan


class HasGrams(Func):
    """The condition that the GIN index answers. On the person's own row, not in a subquery: joined to one, PostgreSQL would rather read everybody."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list[Any]]:
        *columns, grams = (compiler.compile(part) for part in self.source_expressions)
        sql = f"{TABLE}_grams({', '.join(sql for sql, _parameters in columns)}) @> {grams[0]}::text[]"
        return sql, [parameter for _sql, parameters in (*columns, grams) for parameter in parameters]


def grams_of(word: str, mark: str) -> list[str]:
    """The grams that prove that `word` may be contained: the largest that are kept. [] = this kind of index cannot tell, or cannot hold it."""
    word = word.translate(FOLD)
    if mark != "n" and not word.isascii():
        return []
    size = min(len(word), max(SIZES[mark]))
    return [mark + word[start : start + size] for start in range(len(word) - size + 1)] if size >= min(SIZES[mark]) else []


def kept(word: str) -> dict[str, list[str]]:
    """The grams of each kind of text that may hold the word."""
    return {mark: grams for mark in SIZES if (grams := grams_of(word, mark))}


def _match(word: str) -> str:
    """What is asked of the FTS5 table."""
    terms = {mark: list(map(_token, grams)) for mark, grams in kept(word).items()}
    if "p" in terms:
        terms["p"] = stretches_of(word)
    return " OR ".join(f"({' AND '.join(all_of)})" for all_of in terms.values())


def stretches_of(word: str) -> list[str]:
    """Pinyin as SQLite looks for it: the beginning of a stretch, or stretches side by side that cover the whole word."""
    word, last = word.translate(FOLD), len(word) - STRETCH
    if last <= 0:
        return [_token(f"p{word}") + "*"]
    return [_token(f"p{word[start : start + STRETCH]}") for start in (*range(0, last, STRETCH), last)]


def _token(gram: str) -> str:
    """As the triggers write it: in hexadecimal, because the tokeniser drops characters that are younger than itself."""
    return gram[0] + gram[1:].encode().hex()


class PersonSearch(WhitelistSearch):
    """`?search=` of the API through the index; the view names `person_path`."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        return matching(queryset, request.query_params.get(self.search_param, "")[:100], view.person_path, reader=request.user)


FILTERS = [NamedFilters, PersonSearch, WhitelistOrdering]


# Installing -------------------------------------------------------------------------------------------------------------

# A function whose body changes needs another name: an index over it would keep the old answers.
EXPRESSION = f"{TABLE}_grams(name, pinyin, initials)"
FUNCTION = f"""
CREATE OR REPLACE FUNCTION {TABLE}_grams(name text, pinyin text, initials text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(array_agg(DISTINCT gram), '{{}}') FROM (
    SELECT 'n' || substr(translate($1, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), i, size) AS gram
    FROM generate_series(1, length($1)) AS i, (VALUES (1), (2)) AS sizes(size)
    UNION ALL SELECT 'p' || substr($2, i, size) FROM generate_series(1, length($2)) AS i, (VALUES (2), (3)) AS sizes(size)
    UNION ALL SELECT 'i' || substr($3, i, size) FROM generate_series(1, length($3)) AS i, (VALUES (2), (3)) AS sizes(size)
) AS all_grams $$
"""


def install(using: str = "default") -> None:
    """Make the index where it is missing or of an earlier form. Idempotent, and run after every migration: SQLite drops triggers when Django rebuilds a table."""
    database = connections[using]
    if TABLE not in database.introspection.table_names():
        return
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute("SELECT to_regclass(%s)", [INDEX])
            if cursor.fetchone()[0]:
                return
            cursor.execute(FUNCTION)
            cursor.execute(f"CREATE INDEX {INDEX} ON {TABLE} USING gin ({EXPRESSION}) WITH (fastupdate = off)")
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{INDEX}_%"])
        if {row[0] for row in cursor.fetchall()} != set(_triggers().values()):
            _install_on_sqlite(cursor)


def _install_on_sqlite(cursor: Any) -> None:
    cursor.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5(grams, detail = none, columnsize = 0)")
    for name, statement in _triggers().items():
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(statement)
    cursor.execute(f"DELETE FROM {INDEX}")
    cursor.execute(f"INSERT INTO {INDEX} (rowid, grams) SELECT id, {_grams_sql('person')} FROM {TABLE} AS person")


def _triggers() -> dict[str, str]:
    insert = f"INSERT INTO {INDEX} (rowid, grams) VALUES (NEW.id, {_grams_sql('NEW')});"
    delete = f"DELETE FROM {INDEX} WHERE rowid = OLD.id;"
    bodies = {
        f"{INDEX}_insert": f"AFTER INSERT ON {TABLE} BEGIN {insert} END",
        f"{INDEX}_update": f"AFTER UPDATE OF name, pinyin, initials ON {TABLE} BEGIN {delete} {insert} END",
        f"{INDEX}_delete": f"AFTER DELETE ON {TABLE} BEGIN {delete} END",
    }
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in bodies.items()}


def _grams_sql(row: str) -> str:
    """SQLite has no loop in a trigger: the numbers 1 to n come from a JSON array of n members."""
    parts = []
    for mark, column in (("n", f"lower({row}.name)"), ("p", f"{row}.pinyin"), ("i", f"{row}.initials")):
        tokens = " || ' ' || ".join(f"'{mark}' || lower(hex(substr({column}, place.key + 1, {size})))" for size in SQLITE_SIZES[mark])
        places = f"json_each('[' || substr(replace(hex(zeroblob(length({column}))), '00', ',0'), 2) || ']')"
        parts.append(f"coalesce((SELECT group_concat({tokens}, ' ') FROM {places} AS place), '')")
    return " || ' ' || ".join(parts)
