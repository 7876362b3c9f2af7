"""Build the demo: offices, logins, the season and the Wuxi visit; running it again changes nothing."""

import json
import random
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from participants.demo.organisations import build_organisations, build_personas
from participants.demo.report import report
from participants.demo.results import build_results
from participants.demo.scale import build_scale
from participants.demo.season import build_programs, build_season
from participants.demo.wuxi import build_wuxi
from participants.directory.rules import load_divisions


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scale", choices=["visit", "festival", "region"], default="visit", help="festival adds 5,000 people, region 100,000 and 2,000 programs"
        )
        parser.add_argument("--seed", type=int, default=2023, help="the same seed invents the same people")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write logins, links and ids to FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        started, now, chance = time.monotonic(), timezone.now(), random.Random(options["seed"])
        load_divisions()
        build_organisations()
        build_personas()
        series = build_season()
        programs = {"wuxi": build_wuxi(series), **build_programs(series, now, chance)}
        build_results(programs["finished"], now)
        if options["scale"] != "visit":
            build_scale(options["scale"], series, now, chance)
        found = report(programs)
        if options["json"]:
            options["json"].parent.mkdir(parents=True, exist_ok=True)
            options["json"].write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
        self.stdout.write(
            f"Demo: {len(found['personas'])} logins, {len(found['programs'])} programs, {len(found['participants'])} participants, "
            f"{len(found['certificates'])} certificates; {time.monotonic() - started:.1f} s"
        )
