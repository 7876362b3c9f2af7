"""Run the job worker and keep its heartbeat."""

import threading
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from exchange import jobs


class Command(BaseCommand):
    help = "Work through background jobs until stopped; /readyz sees its heartbeat."

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        threading.Thread(target=jobs.beat, args=(stopped.wait,), daemon=True).start()
        for begin in jobs.ON_START:
            begin()
        try:
            if settings.TASKS_BACKEND == "rq":
                call_command("rqworker")
            else:
                call_command("db_worker", interval=0.5, startup_delay=False, verbosity=options["verbosity"])
        finally:
            stopped.set()
            jobs.heartbeat_file().unlink(missing_ok=True)
