from django.apps import AppConfig
from django.db.models.signals import post_migrate

from exchange import jobs


class ParticipantsConfig(AppConfig):
    name = "participants"
    verbose_name = "Participants: who takes part, and what they take home"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        jobs.ON_START += [resume_certificates, resume_imports, send_waiting_mail]
        from events.itineraries import drafts
        from exchange.navigation import COUNTERS
        from participants import itinerary_news
        from participants.directory import accounts  # noqa: F401  connects the signals of signing in
        from participants.invitations.rules import tell as tell_guests
        from participants.notices.pages import unread_count
        from participants.people.search import install
        from participants.rosters.review import waiting_count

        post_migrate.connect(lambda using, **_more: install(using), sender=self, weak=False)
        drafts.ON_PUBLISHED += [tell_guests, itinerary_news.tell]  # in this order: who has an invitation gets no letter about the same
        COUNTERS["rosters:review"] = waiting_count
        COUNTERS["notices:inbox"] = unread_count


def resume_certificates() -> None:
    """Certificate batches that a killed worker left unfinished."""
    from participants.certificates.batches import resume_unfinished  # needs the models

    resume_unfinished()


def resume_imports() -> None:
    """Long rosters that a killed worker left half read or half imported."""
    from participants.rosters.import_large import resume_unfinished  # needs the models

    resume_unfinished()


def send_waiting_mail() -> None:
    """Letters that were queued while no worker was there: a job like any other, so that the worker begins at once."""
    from participants.notices.tasks import send_mail_queue  # needs the models

    jobs.enqueue_once(send_mail_queue)
