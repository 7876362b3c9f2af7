"""Who sees which rows and who may do what, over the whole cast; and closed where nobody decided."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import models

from events.programs.models import Program
from exchange import access
from participants.directory.models import Invitation, Membership, Organisation, User
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration, make_user

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()


def those_who(cast: Cast, sees: Any) -> set[str]:
    everyone: dict[str, Any] = {**cast.users(), "anonymous": NOBODY}
    return {name for name, user in everyone.items() if sees(user)}


def who_sees(cast: Cast, row: models.Model) -> set[str]:
    return those_who(cast, lambda user: type(row).objects.visible_to(user).filter(pk=row.pk).exists())  # type: ignore[attr-defined]


EVERYONE_SIGNED_IN = {
    *("admin", "organiser", "organiser_other", "district_beichen", "district_daxing", "district_langfang"),
    *("viewer", "coordinator_a", "coordinator_b", "coordinator_c", "outsider"),
}


def test_offices_are_known_to_all_who_sign_in_and_schools_to_their_tree(cast: Cast) -> None:
    assert who_sees(cast, cast.beichen) == who_sees(cast, cast.host) == EVERYONE_SIGNED_IN
    assert who_sees(cast, cast.school_a) == {"admin", "organiser", "viewer", "district_beichen", "coordinator_a"}


def test_people_are_seen_by_their_tree_and_by_the_organiser_of_their_program(cast: Cast) -> None:
    person = make_person(cast, cast.school_c)
    tree = {"admin", "organiser_other", "district_daxing", "coordinator_c"}
    assert who_sees(cast, person) == tree
    program = make_program(cast)
    make_delegation(cast, program, cast.daxing)
    registration = make_registration(cast, program, person)
    assert who_sees(cast, person) == who_sees(cast, registration) == tree | {"organiser", "viewer"}


def test_an_invited_draft_is_seen_by_its_organiser_only(cast: Cast) -> None:
    program = make_program(cast, status="draft", visibility="invited")
    make_delegation(cast, program, cast.beichen)
    assert who_sees(cast, program) == {"admin", "organiser", "viewer"}
    Program.objects.filter(pk=program.pk).update(status="published")
    assert who_sees(cast, program) == {"admin", "organiser", "viewer", "district_beichen", "coordinator_a", "coordinator_b"}


def test_a_public_program_is_seen_by_anyone_once_published(cast: Cast) -> None:
    assert who_sees(cast, make_program(cast)) == EVERYONE_SIGNED_IN | {"anonymous"}
    assert who_sees(cast, make_program(cast, status="draft")) == {"admin", "organiser", "viewer"}


def test_accounts_and_invitations_are_seen_by_officers_above(cast: Cast) -> None:
    assert who_sees(cast, cast.coordinator_a) == {"admin", "organiser", "district_beichen", "coordinator_a"}
    assert who_sees(cast, cast.coordinator_a.memberships.get()) == {"admin", "organiser", "district_beichen", "coordinator_a"}
    invitation = Invitation.objects.create(organisation=cast.school_a, role="coordinator", display_name="x", token_hash="h", expires_at="2030-01-01T00:00Z")
    assert who_sees(cast, invitation) == {"admin", "organiser", "district_beichen"}


def test_a_deactivated_organisation_gives_no_rights(cast: Cast) -> None:
    Organisation.objects.filter(pk=cast.beichen.pk).update(is_active=False)
    user = User.objects.get(pk=cast.district_beichen.pk)
    assert user.scopes == ()
    assert not access.may(user, "organisation.change", cast.school_a)


def test_a_path_is_no_prefix_of_its_neighbour(cast: Cast) -> None:
    """/1/4/ covers /1/4/12/ and not /1/41/."""
    neighbour = Organisation.objects.create(parent=cast.tianjin, level="bureau", name_zh="天津市某区教育局")
    Organisation.objects.filter(pk=neighbour.pk).update(path=cast.beichen.path[:-1] + "1/")
    neighbour.refresh_from_db()
    assert not access.has_role(cast.district_beichen, neighbour, "officer")
    assert not Organisation.objects.filter(access.under(cast.district_beichen, "")).filter(pk=neighbour.pk).exists()


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("organisation.change", {"admin", "organiser", "district_beichen"}),
        ("user.invite", {"admin", "organiser", "district_beichen"}),
        ("organisation.plant", {"admin"}),
    ],
)
def test_who_keeps_a_school(cast: Cast, action: str, allowed: set[str]) -> None:
    assert those_who(cast, lambda user: access.may(user, action, cast.school_a)) == allowed


def test_an_account_is_kept_only_by_who_keeps_all_its_roles(cast: Cast) -> None:
    assert those_who(cast, lambda user: access.may(user, "user.change", cast.coordinator_a)) == {"admin", "organiser", "district_beichen"}
    Membership.objects.create(user=cast.coordinator_a, organisation=cast.daxing, role="viewer")
    assert those_who(cast, lambda user: access.may(user, "user.change", cast.coordinator_a)) == {"admin"}
    assert those_who(cast, lambda user: access.may(user, "user.change", cast.admin)) == {"admin"}
    without_role = make_user("loose", "无角色")
    assert those_who(cast, lambda user: access.may(user, "user.change", without_role)) == {"admin"}


def test_a_program_is_led_by_the_officers_of_its_organiser(cast: Cast) -> None:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    registration = make_registration(cast, program, make_person(cast, cast.school_a))
    organisers = {"admin", "organiser"}
    assert those_who(cast, lambda user: access.may(user, "program.publish", program)) == organisers
    assert those_who(cast, lambda user: access.may(user, "registration.confirm", registration)) == organisers
    assert those_who(cast, lambda user: access.may(user, "registration.endorse", registration)) == organisers | {"district_beichen"}
    assert those_who(cast, lambda user: access.may(user, "registration.submit", registration)) == organisers | {"district_beichen", "coordinator_a"}
    assert those_who(cast, lambda user: access.may(user, "certificate.watch", registration)) == organisers | {"viewer"}


def test_nobody_is_allowed_what_has_no_policy(cast: Cast) -> None:
    for user in (cast.admin, cast.organiser, NOBODY):
        with pytest.raises((PermissionDenied, KeyError)):
            access.require(user, "program.burn")
        with pytest.raises((PermissionDenied, KeyError)):
            access.require(user, "")


def test_visitors_see_no_row_of_any_table_but_the_public_ones(cast: Cast) -> None:
    make_registration_of_everything(cast)
    from django.apps import apps

    open_tables = {label for label in access.VISIBLE if apps.get_model(label)._base_manager.filter(access.visible(apps.get_model(label), NOBODY)).exists()}
    assert open_tables <= {"events.Program", "events.StudyVisitDetails", "participants.Division", "events.Series", "events.ItineraryItem", "events.Venue"}


def make_registration_of_everything(cast: Cast) -> None:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    make_registration(cast, program, make_person(cast, cast.school_a), "confirmed")
