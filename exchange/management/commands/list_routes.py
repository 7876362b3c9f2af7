"""manage.py list_routes [--json FILE]"""

import json
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from exchange.routes import routes

GROUP = re.compile(r"\(\?P<(\w+)>(?:\[[^\]]*\]|[^()\[\]])*\)")


def readable(path: str) -> str:
    """`/api/v1/^programs/(?P<pk>[0-9]+)/$` as `/api/v1/programs/<pk>/`."""
    return GROUP.sub(r"<\1>", path).replace("^", "").replace("$", "").replace("\\Z", "")


def grouped() -> list[dict[str, Any]]:
    """One entry per address: name, path, methods, and the access policy of each method."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for route in routes():
        entry = found.setdefault((route.name, route.path), {"name": route.name, "path": readable(route.path), "methods": [], "access": {}})
        entry["methods"].append(route.method.upper())
        entry["access"][route.method.upper()] = route.policy
    return sorted(found.values(), key=lambda entry: (entry["path"], entry["name"]))


class Command(BaseCommand):
    help = "Every address with its name, its methods and who may use them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", metavar="FILE", type=Path, help="write a JSON list instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        entries = grouped()
        if options["json"]:
            options["json"].write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            self.stdout.write(f"{len(entries)} addresses written to {options['json']}")
            return
        for entry in entries:
            methods = ", ".join(f"{method} ({policy})" for method, policy in entry["access"].items())
            self.stdout.write(f"{entry['path']}  {entry['name']}  {methods}")
