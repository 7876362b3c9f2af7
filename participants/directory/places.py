"""English names of divisions, read from the list that ships with the project."""

import csv
from functools import cache
from pathlib import Path

DIVISIONS_CSV = Path(__file__).parent / "data" / "divisions.csv"


@cache
def english_names() -> dict[str, str]:
    with DIVISIONS_CSV.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name_en"] for row in csv.DictReader(file)}


def english_place(code: str) -> str:
    """ "Anci District, Langfang, Hebei" for 131002: from the small to the large; empty for a code that the list does not have."""
    names = english_names()
    steps = dict.fromkeys((code, f"{code[:4]}00", f"{code[:2]}0000"))
    return ", ".join(names[step] for step in steps if step in names) if code in names else ""
