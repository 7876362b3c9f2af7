"""Results that earn a paper, how papers are worded and set, and the pictures on them."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.access import VisibleQuerySet
from exchange.encryption import EncryptedBinaryField
from participants.people.models import ERASED


class PaperKind(models.TextChoices):
    """What a paper is for. The first two follow from attendance, the others from results that officers enter."""

    PARTICIPATION = "participation", pgettext_lazy("paper", "Participation")
    COMPLETION = "completion", pgettext_lazy("paper", "Completion with hours")
    AWARD = "award", pgettext_lazy("paper", "Award")
    ORGANISER = "organiser", pgettext_lazy("paper", "Excellent organiser")
    INSTRUCTOR = "instructor", pgettext_lazy("paper", "Best instructor")
    PERFORMANCE = "performance", pgettext_lazy("paper", "Performance")
    WORK = "work", pgettext_lazy("paper", "Exhibited work")


OF_STAFF = (PaperKind.ORGANISER, PaperKind.INSTRUCTOR)  # for adults
RESULT_KINDS = [choice for choice in PaperKind.choices if choice[0] not in (PaperKind.PARTICIPATION, PaperKind.COMPLETION)]


class Holder(models.TextChoices):
    PERSON = "person", pgettext_lazy("holder", "Person")
    TEAM = "team", pgettext_lazy("holder", "Team")
    ORGANISATION = "organisation", pgettext_lazy("holder", "Organisation")


class MembersStatement(models.TextChoices):
    """What an officer states of people who are on no roster: without it no paper names them."""

    NONE = "", pgettext_lazy("members", "Not stated")
    OF_AGE = "of_age", pgettext_lazy("members", "All of them are 14 or older")
    ON_PAPER = "on_paper", pgettext_lazy("members", "The school keeps a guardian's signed consent for each who is under 14")


class Award(models.Model):
    """A result that earns one paper: of a person, a team with its members, or an organisation.

    A registration ties a person's result to the roster: the paper then stands on the person's own page, too.
    Members are registrations of the program, whose consent and erasure follow, or else names, which an officer answers for, as for a person's own.
    """

    program = models.ForeignKey("events.Program", models.CASCADE, related_name="awards", verbose_name=_("program"))
    kind = models.CharField(_("kind of paper"), max_length=13, choices=RESULT_KINDS)
    holder = models.CharField(_("holder"), max_length=12, choices=Holder, default=Holder.PERSON)
    name = models.CharField(_("name on the paper"), max_length=60)
    name_en = models.CharField(_("name in English"), max_length=160, blank=True)
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="awards", verbose_name=_("unit"))
    registration = models.ForeignKey("participants.Registration", models.PROTECT, null=True, blank=True, related_name="awards", verbose_name=_("registration"))
    roster_members = models.ManyToManyField("participants.Registration", blank=True, related_name="team_results", verbose_name=_("members on the roster"))
    members = models.JSONField(_("members"), default=list, blank=True)  # names of those on no roster
    members_statement = models.CharField(_("statement on these members"), max_length=8, choices=MembersStatement, blank=True)
    instructors = models.JSONField(_("instructors"), default=list, blank=True)
    category = models.CharField(_("category"), max_length=40, blank=True)
    work = models.CharField(_("work or entry"), max_length=100, blank=True)
    work_en = models.CharField(_("work in English"), max_length=160, blank=True)
    prize = models.CharField(_("prize"), max_length=30, blank=True)
    prize_en = models.CharField(_("prize in English"), max_length=80, blank=True)
    position = models.PositiveIntegerField(_("order"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+")

    objects = VisibleQuerySet["Award"].as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("result")
        constraints = [models.CheckConstraint(condition=Q(registration=None) | Q(holder="person"), name="only_persons_are_registered")]

    def __str__(self) -> str:
        return "　".join(part for part in (self.name, self.work, self.prize) if part)

    @property
    def unlisted_names(self) -> list[str]:
        """Who is named on the paper and on no roster, but for staff: the statement is about them."""
        is_unlisted = self.holder == Holder.PERSON and self.registration_id is None and self.kind not in OF_STAFF
        return [*([self.name] if is_unlisted else []), *map(str, self.members)]

    @property
    def linked_members(self) -> list[Any]:
        """The registrations among the members, in the order in which a paper names them."""
        return sorted(self.roster_members.all(), key=lambda row: (row.position, row.pk))

    @property
    def member_names(self) -> tuple[str, ...]:
        """Everybody whom the paper names as a member; a new one does not name who has been erased since."""
        return (*(row.person.name for row in self.linked_members if row.person.name != ERASED), *map(str, self.members))


class PictureRole(models.TextChoices):
    SEAL = "seal", pgettext_lazy("picture", "Seal")
    SIGNATURE = "signature", pgettext_lazy("picture", "Signature")
    LOGO = "logo", pgettext_lazy("picture", "Logo")


class PaperPicture(models.Model):
    """A seal, signature or logo of an office, re-encoded by us. Papers name it by its fingerprint, so it is retired and never deleted."""

    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="paper_pictures", verbose_name=_("office"))
    role = models.CharField(_("kind of picture"), max_length=9, choices=PictureRole)
    name = models.CharField(_("name"), max_length=40)
    content = EncryptedBinaryField()  # PNG
    sha256 = models.CharField(max_length=64, db_index=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = VisibleQuerySet["PaperPicture"].as_manager()

    class Meta:
        ordering = ["role", "-pk"]
        verbose_name = _("picture")

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.name}"


class Language(models.TextChoices):
    CHINESE = "zh", pgettext_lazy("paper", "Chinese")
    ENGLISH = "en", pgettext_lazy("paper", "English")
    BOTH = "both", pgettext_lazy("paper", "Chinese and English")


class Design(models.TextChoices):
    HONOUR = "honour", pgettext_lazy("design", "Honour, landscape, woven frame")
    COMPLETION = "completion", pgettext_lazy("design", "Diploma, portrait, double rule")
    AWARD = "award", pgettext_lazy("design", "Festival, landscape, painted panel")
    HOURS = "hours", pgettext_lazy("design", "Statement, portrait, table of days")


class Tone(models.TextChoices):
    ORIGINAL = "", pgettext_lazy("tone", "As designed")
    QING = "qing", pgettext_lazy("tone", "Azurite blue")
    LV = "lv", pgettext_lazy("tone", "Malachite green")
    ZHU = "zhu", pgettext_lazy("tone", "Cinnabar red")


class Background(models.TextChoices):
    ORIGINAL = "", pgettext_lazy("background", "As designed")
    WHITE = "white", pgettext_lazy("background", "White")
    CREAM = "cream", pgettext_lazy("background", "Cream")


class SealPlace(models.TextChoices):
    OVER = "over", pgettext_lazy("seal", "Over issuer and date")
    LEFT = "left", pgettext_lazy("seal", "Left of issuer and date")
    LOW = "low", pgettext_lazy("seal", "On the date, lower")


class LogoPlace(models.TextChoices):
    LEFT = "left", pgettext_lazy("logo", "Top left")
    RIGHT = "right", pgettext_lazy("logo", "Top right")


class PaperTemplateQuerySet(VisibleQuerySet["PaperTemplate"]):
    def current(self, program: Any, kind: str) -> "PaperTemplate | None":
        """The newest version for the program, or else for all programs of the office that issues its papers."""
        rows = self.filter(Q(program=program) | Q(program=None), organisation=program.certificate_issuer, kind=kind)
        return rows.select_related("seal", "signature", "logo").order_by(F("program").asc(nulls_last=True), "-version").first()


class PaperTemplate(models.Model):
    """One version of the words and the look of a kind of paper, for a program or for all of an office. Changing it makes the next version."""

    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="paper_templates", verbose_name=_("office"))
    program = models.ForeignKey("events.Program", models.CASCADE, null=True, blank=True, related_name="paper_templates", verbose_name=_("program"))
    kind = models.CharField(_("kind of paper"), max_length=13, choices=PaperKind)
    version = models.PositiveIntegerField(_("version"))
    design = models.CharField(_("design"), max_length=10, choices=Design)
    tone = models.CharField(_("colour"), max_length=4, choices=Tone, blank=True)
    background = models.CharField(_("paper"), max_length=5, choices=Background, blank=True)
    language = models.CharField(_("language"), max_length=4, choices=Language, default=Language.CHINESE)
    title_zh = models.CharField(_("title"), max_length=12, blank=True)
    main_zh = models.CharField(_("text"), max_length=300, blank=True)
    closing_zh = models.CharField(_("closing line"), max_length=40, blank=True)
    title_en = models.CharField(_("English title"), max_length=40, blank=True)
    main_en = models.CharField(_("English text"), max_length=500, blank=True)
    closing_en = models.CharField(_("English closing line"), max_length=80, blank=True)
    seal = models.ForeignKey(PaperPicture, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("seal"))
    seal_mm = models.PositiveSmallIntegerField(_("width of the seal"), default=40)
    seal_place = models.CharField(_("place of the seal"), max_length=4, choices=SealPlace, default=SealPlace.OVER)
    signature = models.ForeignKey(PaperPicture, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("signature"))
    signature_mm = models.PositiveSmallIntegerField(_("width of the signature"), default=35)
    logo = models.ForeignKey(PaperPicture, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("logo"))
    logo_mm = models.PositiveSmallIntegerField(_("width of the logo"), default=25)
    logo_place = models.CharField(_("place of the logo"), max_length=5, choices=LogoPlace, default=LogoPlace.LEFT)
    sealed = models.BooleanField(
        _("QR code for a check without a network"), default=False, help_text=_("It carries name, number, dates and hours, signed by the office, and is denser.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+")

    objects = PaperTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["organisation_id", "program_id", "kind", "-version"]
        verbose_name = _("paper template")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "program", "kind", "version"], name="one_template_per_version"),
            models.UniqueConstraint(fields=["organisation", "kind", "version"], condition=Q(program=None), name="one_office_template_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.version}"

    @property
    def mark(self) -> str:
        """What a certificate keeps as the version of its wording."""
        return f"{self.kind}-{'p' if self.program_id else 'o'}{self.program_id or self.organisation_id}-v{self.version}"
