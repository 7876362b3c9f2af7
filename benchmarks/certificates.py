"""How fast certificates are made: naive WeasyPrint, this project, and the least that writing such a PDF costs; interleaved, in one process each.

    .venv/bin/python benchmarks/certificates.py [--people 68] [--large 1000] [--paper hours] [--naive 12]

*Naive* is the same template with the installed fonts, one `write_pdf` per person. *Limit* is raw pydyf: the same page content and fixed
fonts taken as given, a small font cut and a QR code encoded for each person, one document written. Ratios are of processor time, because
wall time on a shared machine says more about its neighbours.
"""

import argparse
import csv
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")
import django  # noqa: E402

django.setup()

import pikepdf  # noqa: E402
import pydyf  # noqa: E402

from exchange import documents, font_subsets  # noqa: E402
from participants.certificates import layouts, rendering, slots, symbols  # noqa: E402
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


def naive(facts: CertificateFacts) -> bytes:
    return documents.render_pdf(layouts.html_of(facts).replace(' Subset"', '"'))


def ours(facts: CertificateFacts) -> bytes:
    return rendering.certificate_pdf(rendering.fitted(facts))


class Limit:
    """Raw pydyf with everything that is common given, and what each person needs made: a font, a QR code, a page, a file."""

    def __init__(self, facts: CertificateFacts) -> None:
        with pikepdf.open(io.BytesIO(ours(facts))) as opened:
            page = opened.pages[0]
            self.content = page.Contents.read_bytes()
            files = [font.DescendantFonts[0].FontDescriptor for font in page.Resources.Font.values()]
            self.fonts = [bytes(file.get("/FontFile3", file.get("/FontFile2")).read_bytes()) for file in files]

    def __call__(self, facts: CertificateFacts) -> bytes:
        font = font_subsets.source("LXGW WenKai", False)
        assert font is not None
        own = font.embeddable(frozenset(map(ord, facts.name + facts.unit + facts.position))).content
        pdf = pydyf.PDF()
        for file in (*self.fonts, own):
            pdf.add_object(pydyf.Stream([file], compress=True))
        content = pydyf.Stream([self.content, symbols.pdf_path(facts.code)], compress=True)
        pdf.add_object(content)
        pdf.add_page(
            pydyf.Dictionary({"Type": "/Page", "Parent": pdf.pages.reference, "Contents": content.reference, "MediaBox": pydyf.Array([0, 0, 595, 842])})
        )
        out = io.BytesIO()
        pdf.write(out, version=b"1.7", compress=True)
        return out.getvalue()


class Timed:
    def __init__(self, way: Callable[[CertificateFacts], bytes], folder: Path) -> None:
        self.way, self.folder, self.seconds, self.count, self.size = way, folder, 0.0, 0, 0

    def __call__(self, facts: CertificateFacts) -> None:
        start = time.process_time()
        content = self.way(facts)
        (self.folder / f"{self.count}.pdf").write_bytes(content)
        self.seconds += time.process_time() - start
        self.count, self.size = self.count + 1, self.size + len(content)

    @property
    def each_ms(self) -> float:
        return self.seconds / self.count * 1000

    def __str__(self) -> str:
        return f"{self.each_ms:8.2f} ms each, {self.size / self.count / 1000:5.1f} kB each, {self.count} files"


def warm(kind: str) -> None:
    """Imports, fonts on disk and installed, the way a worker is after its first paper of another program."""
    example = paper(kind, program="另一次活动", name="王")
    naive(example)
    ours(example)


def small_run(kind: str, count: int, naive_count: int, folder: Path) -> None:
    """`count` people of one program, from its first layout on."""
    everyone = list(people(kind, count))
    documents.gather_characters("".join(facts.name + facts.unit + facts.position for facts in everyone))
    slow, quick = Timed(naive, folder), Timed(ours, folder)
    for index, facts in enumerate(everyone):
        if index % max(count // naive_count, 1) == 0:
            slow(replace(facts, level=0))
        quick(facts)
    print(f"{kind}, {count} people, layouts: {slots.laid_stencil.cache_info().misses - 1}")
    print(f"  naive   {slow}")
    print(f"  ours    {quick}   = {slow.each_ms / quick.each_ms:.1f} times as fast")


def large_run(kind: str, counts: tuple[int, ...], folder: Path) -> None:
    limit, done = Timed(Limit(next(people(kind, 1))), folder), 0
    for count in counts:
        quick = Timed(ours, folder)
        for facts in list(people(kind, count))[done:]:
            quick(facts)
            limit(facts)
        done = count
        print(f"{kind}, up to {count} people, {quick.each_ms / limit.each_ms:.2f} times the limit, peak {peak_mb():.0f} MB")
        print(f"  ours    {quick}")
        print(f"  limit   {limit}")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=68)
    parser.add_argument("--naive", type=int, default=12, help="how many of them the naive way makes as well")
    parser.add_argument("--large", type=int, nargs="*", default=[1000])
    parser.add_argument("--paper", default="hours", choices=sorted(layouts.PAPERS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warm(options.paper)
        small_run(options.paper, options.people, options.naive, Path(folder))
        if options.large:
            large_run(options.paper, tuple(options.large), Path(folder))


if __name__ == "__main__":
    main()
