"""How fast certificates are made: naive WeasyPrint, this project, a reportlab equivalent, and the least that writing such a PDF costs.

    .venv/bin/python benchmarks/certificates.py [--paper hours] [--people 68] [--naive 12] [--large 1000 5000]

The ways take turns in one process, person by person; files are written to disk. *Naive* is the same template with the installed fonts, one
`write_pdf` per person. *reportlab* draws the same text, border and QR code, with fonts that reportlab cuts for each document. *Limit* is raw
pydyf: page content and fixed fonts taken as given, a small font cut and a QR code encoded for each person, one document written. Ratios are
of processor time, because wall time on a shared machine says more about its neighbours. The peak of memory
is that of certificates_memory.py, a process that does nothing else.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")
import django  # noqa: E402

django.setup()

from benchmarks import certificates_drawn  # noqa: E402
from benchmarks.certificates_memory import ours, people  # noqa: E402
from exchange import documents  # noqa: E402
from participants.certificates import elastic, layouts, slots, symbols  # noqa: E402
from participants.certificates.facts import CertificateFacts  # noqa: E402
from tests.participants.certificates.making import paper  # noqa: E402

NAIVE_EVERY = 100  # in the large run


def naive(facts: CertificateFacts) -> bytes:
    return documents.render_pdf(layouts.html_of(replace(facts, level=0)).replace(' Subset"', '"'))


class Timed:
    def __init__(self, name: str, way: Callable[[CertificateFacts], bytes], folder: Path) -> None:
        self.name, self.way, self.folder, self.seconds, self.count, self.size = name, way, folder, 0.0, 0, 0

    def __call__(self, facts: CertificateFacts) -> None:
        symbols.matrix.cache_clear()  # nobody finds a QR code that another has encoded
        start = time.process_time()
        content = self.way(facts)
        (self.folder / f"{self.name}.pdf").write_bytes(content)
        self.seconds += time.process_time() - start
        self.count, self.size = self.count + 1, self.size + len(content)

    @property
    def each_ms(self) -> float:
        return self.seconds / self.count * 1000

    def __str__(self) -> str:
        return f"  {self.name:9} {self.each_ms:8.2f} ms each, {self.size / self.count / 1000:6.1f} kB each, {self.count} files"


def warm(kind: str) -> None:
    """Imports, fonts on disk and installed, the way a worker is after its first paper of another program."""
    example = paper(kind, program="另一次活动", name="王")
    for way in (naive, ours, certificates_drawn.reportlab_pdf):
        way(example)


def gather(everyone: list[CertificateFacts]) -> None:
    documents.gather_characters("".join(facts.name + facts.unit + facts.position for facts in everyone))


def small_run(kind: str, count: int, naive_count: int, folder: Path) -> None:
    """`count` people of one program, from its first layout on."""
    everyone = list(people(kind, count))
    gather(everyone)
    slow, quick, drawn = Timed("naive", naive, folder), Timed("ours", ours, folder), Timed("reportlab", certificates_drawn.reportlab_pdf, folder)
    before = layouts_made()
    for index, facts in enumerate(everyone):
        if index % max(count // naive_count, 1) == 0:
            slow(facts)
            drawn(facts)
        quick(facts)
    print(f"{kind}, {count} people of one program, {layouts_made() - before} layouts", slow, quick, drawn, sep="\n")
    print(f"  = naive / {slow.each_ms / quick.each_ms:.1f}, reportlab / {drawn.each_ms / quick.each_ms:.1f}")


def layouts_made() -> int:
    return elastic.laid.cache_info().misses + slots.laid_stencil.cache_info().misses


def large_run(kind: str, counts: list[int], folder: Path) -> None:
    """Everyone up to the largest number; the costs of each stretch by themselves."""
    everyone, done = list(people(kind, max(counts))), 0
    gather(everyone)
    limit = certificates_drawn.Limit(ours(everyone[0]))
    for count in counts:
        ways = [Timed("ours", ours, folder), Timed("limit", limit, folder)]
        rare = [Timed("naive", naive, folder), Timed("reportlab", certificates_drawn.reportlab_pdf, folder)]
        for index, facts in enumerate(everyone[done:count]):
            for way in (*ways, *(rare if index % NAIVE_EVERY == 0 else ())):
                way(facts)
        done = count
        quick = ways[0].each_ms
        print(f"{kind}, up to {count} people", *ways, *rare, sep="\n")
        print(f"  = naive / {rare[0].each_ms / quick:.1f}, reportlab / {rare[1].each_ms / quick:.1f}, limit × {quick / ways[1].each_ms:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=68)
    parser.add_argument("--naive", type=int, default=12, help="how many of them the naive way and reportlab make as well")
    parser.add_argument("--large", type=int, nargs="*", default=[1000])
    parser.add_argument("--paper", default="hours", choices=sorted(layouts.PAPERS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warm(options.paper)
        small_run(options.paper, options.people, options.naive, Path(folder))
        if options.large:
            large_run(options.paper, options.large, Path(folder))
    for count in (options.people, *options.large):
        subprocess.run([sys.executable, ROOT / "benchmarks/certificates_memory.py", options.paper, str(count)], check=True)


if __name__ == "__main__":
    main()
