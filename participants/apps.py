from django.apps import AppConfig


class ParticipantsConfig(AppConfig):
    name = "participants"
    verbose_name = "Participants: who takes part, and what they take home"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from participants.directory import accounts  # noqa: F401  connects the signals of signing in
