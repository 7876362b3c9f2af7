"""Dates as sheets write them. Pure."""

import re
import unicodedata
from datetime import date, timedelta

SERIAL_EPOCH = date(1899, 12, 30)  # day 0 of Excel's 1900 date system
DAYS_TO_1904 = 1462  # what a workbook with the 1904 date system counts less
DATE = re.compile(r"(\d{4})\s*[-./年、, ]\s*(\d{1,2})\s*[-./月、, ]\s*(\d{1,2})\s*[日号.]?(?:[ T]00?:00(?::00)?(?:\.0+)?)?")
SHORT_DATE = re.compile(r"(\d{2})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?")
CHINESE_DATE = re.compile(r"([〇零○一二三四五六七八九\d]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]?")
MONTH = re.compile(r"(\d{4})\s*[-./年]?\s*(\d{1,2})\s*月?")
DIGITS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}


def parse_date(text: str) -> tuple[date | None, str]:
    """(date, code of the change): ISO, dotted, slashed, Chinese, eight digits, and Excel's day numbers."""
    text = unicodedata.normalize("NFKC", text).strip()
    if is_serial(text):
        return SERIAL_EPOCH + timedelta(days=int(float(text))), "excel_serial"
    text = in_digits(text)
    found = DATE.fullmatch(text) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    if not found:
        return None, ""
    try:
        parsed = date(*map(int, found.groups()))
    except ValueError:
        return None, ""
    return parsed, "" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else "date_normalised"


def is_serial(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4,5}(\.0+)?", text)) and 10_000 <= float(text) <= 60_000


def of_1904(text: str) -> date | None:
    """The day that a day number means in a workbook that counts from 1904."""
    return SERIAL_EPOCH + timedelta(days=int(float(text)) + DAYS_TO_1904) if is_serial(text) else None


def in_digits(text: str) -> str:
    """2009年3月15日 for 二〇〇九年三月十五日."""
    found = CHINESE_DATE.fullmatch(text)
    if found is None:
        return text
    return f"{''.join(DIGITS.get(char, char) for char in found[1])}年{up_to_99(found[2])}月{up_to_99(found[3])}日"


def up_to_99(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    return (int(DIGITS[tens]) if tens else 1 if ten else 0) * 10 + (int(DIGITS[ones]) if ones else 0) if len(text) < 4 and tens in ("", *DIGITS) else 0


def in_short(text: str, known: date | None) -> bool:
    """10-3-5 or 3/5/2010, which alone may mean several days, for the day that the ID number gives."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if known is None or not (SHORT_DATE.fullmatch(text) or re.fullmatch(r"\d{1,2}[-./]\d{1,2}[-./]\d{4}", text)):
        return False
    year, month, day = known.year, known.month, known.day
    return numbers in ([year % 100, month, day], [month, day, year], [day, month, year])


def month_of(text: str, known: date, is_number: bool, today: date) -> bool:
    """The text is the year and month of the known day, or its age. A number cell has lost the end of 1985.10."""
    age = re.fullmatch(r"(\d{1,2})\s*岁", text)
    if age:
        return 0 <= today.year - known.year - int(age[1]) <= 1
    found = MONTH.fullmatch(text) or MONTH.fullmatch(f"{known.year // 100}{text}")
    months = (known.month, known.month / 10) if is_number else (known.month,)
    return found is not None and int(found[1]) == known.year and int(found[2]) in months
