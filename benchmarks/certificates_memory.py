"""The peak of a process that makes many certificates, writes them to disk and does nothing else; and the people of the benchmark.

.venv/bin/python benchmarks/certificates_memory.py completion 1000
"""

import csv
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")
import django  # noqa: E402

django.setup()

from participants.certificates import rendering  # noqa: E402
from participants.certificates.facts import CertificateFacts  # noqa: E402
from tests.participants.certificates.making import paper  # noqa: E402

GIVEN = "安博辰大恩凡方国海航浩宏华嘉建健杰金俊凯兰乐丽林明宁鹏琪清荣瑞山书思泰天文希晓欣雅阳怡永宇远泽哲振志"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"


def people(kind: str, count: int) -> Iterator[CertificateFacts]:
    """The roster of the study visit, and beyond it people with invented names from its units."""
    with (ROOT / "tests/data/roster-study-visit.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for index in range(count):
        row = rows[index % len(rows)]
        name = row["姓名"] if index < len(rows) else SURNAMES[index % 20] + GIVEN[index * 7 % len(GIVEN)] + GIVEN[index // 20 % len(GIVEN)]
        serial, code = f"津北教交证〔2023〕第{index + 1:04d}号", f"7K4M-Q2XH-9TBD-{index:04d}"
        yield paper(kind, name=name, unit=row["所在单位"], position=row["职务"], identity_tail=row["身份证号"][-4:], number=serial, code=code)


def ours(facts: CertificateFacts) -> bytes:
    return rendering.certificate_pdf(rendering.fitted(facts))


def main(kind: str, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for index, facts in enumerate(people(kind, count)):
            (Path(folder) / f"{index}.pdf").write_bytes(ours(facts))
    status = Path("/proc/self/status").read_text()
    print(f"{kind}, {count} people: peak {int(status.split('VmHWM:')[1].split()[0]) / 1024:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
