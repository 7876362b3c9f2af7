from django.apps import AppConfig

from exchange import jobs


class ParticipantsConfig(AppConfig):
    name = "participants"
    verbose_name = "Participants: who takes part, and what they take home"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        jobs.ON_START.append(resume_certificates)
        from exchange.navigation import COUNTERS
        from participants.directory import accounts  # noqa: F401  connects the signals of signing in
        from participants.rosters.review import waiting_count

        COUNTERS["rosters:review"] = waiting_count


def resume_certificates() -> None:
    """Certificate batches that a killed worker left unfinished."""
    from participants.certificates.batches import resume_unfinished  # needs the models

    resume_unfinished()
