"""Short help: the first five minutes of each role, and the keys."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from exchange import access
from participants.desk.links import link


@dataclass(frozen=True)
class Step:
    sentence: str
    url: str = ""


@dataclass(frozen=True)
class RoleHelp:
    code: str
    title: str
    lead: str
    steps: list[Step]


@dataclass(frozen=True)
class Question:
    """What people stop at, and the answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class HelpPage:
    mine: RoleHelp
    others: list[RoleHelp]
    questions: list[Question]
    keys: list[tuple[str, str]]


def help_for(user: Any) -> HelpPage:
    roles = [organiser(), district(), coordinator(), participant()]
    if user.roles == {access.VIEWER}:
        return HelpPage(viewer(), roles, questions(), keys())
    mine = next(role for role in roles if role.code == role_of(user))
    return HelpPage(mine, [role for role in roles if role is not mine], questions(), keys())


def role_of(user: Any) -> str:
    """Which of the four a user reads first: offices of a commission organise, bureaus send, schools sign up."""
    if user.is_superuser or any(scope.role != access.COORDINATOR and scope.path.count("/") <= 2 for scope in user.scopes):
        return "organiser"
    return "district" if any(scope.role != access.COORDINATOR for scope in user.scopes) else "coordinator"


def organiser() -> RoleHelp:
    return RoleHelp(
        "organiser",
        _("Organising office"),
        _("You plan the program, confirm the people, check them in and issue the certificates."),
        [
            Step(_("Create a program: kind, dates, place and registration window."), link("programs:choose_kind")),
            Step(_("Give each district its places, and write the itinerary day by day.")),
            Step(_("Publish. From now on districts and schools see it and can register."), link("programs:list")),
            Step(_("Review the people whom the districts have endorsed: confirm, or return with a reason."), link("rosters:review")),
            Step(_("On the day, check people in at each item; afterwards preview and issue the certificates."), link("attendance:programs")),
        ],
    )


def district() -> RoleHelp:
    return RoleHelp(
        "district",
        _("Sending bureau"),
        _("You share out the district's places and pass on what your schools send."),
        [
            Step(_("Open the program and give your places to schools."), link("programs:list")),
            Step(_("Wait for the schools to submit, or import the district's workbook yourself.")),
            Step(_("Review: endorse what is right, return what is wrong with a reason the school can act on."), link("rosters:review")),
            Step(_("Follow the status until the organiser has confirmed everyone.")),
            Step(_("Invite the schools' coordinators and your colleagues."), link("directory:organisations")),
        ],
    )


def coordinator() -> RoleHelp:
    return RoleHelp(
        "coordinator",
        _("School coordinator"),
        _("You register the people of your school and keep their details right."),
        [
            Step(_("Your desk shows each open program with your school's places."), link("desk:home")),
            Step(_("Download the blank workbook, fill in one row per person, and upload it.")),
            Step(_("Correct what is marked; good rows never wait for bad ones.")),
            Step(_("Submit. The district looks first, then the organiser.")),
            Step(_("Rows that come back carry a reason: correct them and submit again."), link("rosters:review")),
        ],
    )


def viewer() -> RoleHelp:
    return RoleHelp(
        "viewer",
        _("Viewer"),
        _("You see the work of your office and its schools; others make the changes. Of minors you read the surname."),
        [
            Step(_("Open a program: its days, its places, and who takes part."), link("programs:list")),
            Step(_("Find a person, a school or a certificate with the search at the top."), link("desk:search")),
            Step(_("See in the activity log who did what, and when."), link("desk:audit")),
            Step(_("Ask an officer of your office when something has to be changed.")),
        ],
    )


def participant() -> RoleHelp:
    return RoleHelp(
        "participant",
        _("Participant"),
        _("Participants need no account: one private link holds everything."),
        [
            Step(_("The link comes from your school; it opens on any phone.")),
            Step(_("It shows what comes next: time, place, map, and whom to call.")),
            Step(_("Subscribe to the calendar, and changes arrive by themselves.")),
            Step(_("When certificates are issued, they can be downloaded there.")),
            Step(_("Anyone can check a certificate by its QR code."), link("certificates:verify_form")),
        ],
    )


def questions() -> list[Question]:
    """Where a coordinator hesitates, in the order of the work."""
    return [
        Question(
            _("Our sheet looks different from the form. Do I have to copy everything over?"),
            _(
                "No. Upload it as it is: titles, totals and other column names are understood. What could not be read is marked, and you correct it on the page."
            ),
        ),
        Question(
            _("Excel shows an ID number as 1.2E+17. What now?"),
            _("Excel has dropped the last digits for good. Set the column to Text, type the number again, and upload; or correct the one cell on the page."),
        ),
        Question(
            _("All our places are taken. Can I still hand in names?"),
            _("Yes. Submit them and choose the waiting list: they move up in this order as soon as a place is free. Your bureau can also move places to you."),
        ),
        Question(
            _("Some of our pupils are under 14. What is needed?"),
            _(
                "The consent of a guardian, once for each child. Open the child, then “Guardian's consent”: make a link for the guardian's phone, or upload the "
                "signed paper. Until then the child can be submitted, but not passed, and stands in no file, sheet or badge."
            ),
        ),
        Question(
            _("A row came back. What do I do?"),
            _("Read the reason under the name, correct what it says, and submit again soon: a row that came back holds no place meanwhile."),
        ),
        Question(
            _("Somebody cannot come. Withdraw, or replace?"),
            _(
                "Replace, if you send somebody else: place, group and history stay, and the new person is reviewed at the top of the queue while the place is held. "
                "Withdraw, if nobody comes: the place goes to whoever waits."
            ),
        ),
        Question(
            _("Who sees what I enter?"),
            _(
                "Your school and its bureau all of it; the organiser what the program needs; viewers names and units, of minors the surname. Numbers are masked for "
                "everybody, and whoever looks at a whole one is recorded. Files with personal data ask what they are for, and are gone after a day."
            ),
        ),
    ]


def keys() -> list[tuple[str, str]]:
    return [
        ("Ctrl K", _("Search names, programs and certificate numbers")),
        ("J · K", _("Next or previous person in a review")),
        ("A", _("Pass the person shown in a review")),
        ("F8", _("Next problem in an import")),
        ("/", _("Search in a roll-call")),
        ("Esc", _("Close a menu or the navigation")),
    ]
