"""The rules of the directory: the tree, roles, invitations, accounts, tokens."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import override
from knox.models import AuthToken

from exchange.audit import AuditEvent
from exchange.encryption import token_hash
from exchange.transitions import RuleViolation
from participants.directory import rules
from participants.directory.models import Division, Invitation, Membership, Organisation, User
from tests.cast import Cast, make_organisation, make_user

pytestmark = pytest.mark.django_db


class refused:
    """`with refused("code", "field"):` the block is refused with exactly that, and the log stays as it was."""

    def __init__(self, code: str, field: str | None = None) -> None:
        self.expected = (code, field)

    def __enter__(self) -> None:
        self.before = AuditEvent.objects.count()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        assert isinstance(error, RuleViolation), error
        assert (error.code, error.field) == self.expected
        assert AuditEvent.objects.count() == self.before
        return True


# Divisions -------------------------------------------------------------------------------------------------------------


def test_the_divisions_are_complete_and_loading_them_again_changes_nothing() -> None:
    out = io.StringIO()
    call_command("import_divisions", stdout=out)
    before = list(Division.objects.values())
    call_command("import_divisions", stdout=out)
    assert out.getvalue() == "566 divisions of GB/T 2260\n" * 2
    assert list(Division.objects.values()) == before
    beichen = Division.objects.get(code="120113")
    assert (beichen.full_name, beichen.parent_id, beichen.province_code, beichen.level) == ("天津市北辰区", "120000", "120000", "county")


@pytest.mark.parametrize(
    ("code", "english"),
    [
        ("120113", "Beichen District, Tianjin"),
        ("131002", "Anci District, Langfang, Hebei"),
        ("320200", "Wuxi, Jiangsu"),
        ("110000", "Beijing"),
        ("610000", "Shaanxi"),
        ("110105", "Chaoyang District, Beijing"),
        ("999999", "旧地"),
    ],
)
def test_english_readers_get_english_places(code: str, english: str) -> None:
    division = Division(code=code, name="旧地", full_name="旧地")
    with override("en"):
        assert str(division) == english
    assert str(division) == "旧地"


def test_the_short_name_is_chinese_and_english_readers_get_the_english_one(cast: Cast) -> None:
    named = Organisation(name_zh="天津市北辰区教育局", short_name="北辰区教育局", name_en="Beichen District Education Bureau")
    with override("en"):
        assert (named.short, Organisation(name_zh="某校", short_name="校").short) == ("Beichen District Education Bureau", "校")
    assert named.short == "北辰区教育局"


def test_a_renamed_division_is_refreshed() -> None:
    rules.load_divisions()
    Division.objects.filter(code="120113").update(name="旧名", full_name="旧名")
    rules.load_divisions()
    assert Division.objects.get(code="120113").full_name == "天津市北辰区"


# The tree --------------------------------------------------------------------------------------------------------------


def test_a_school_stands_below_its_bureau_with_its_aliases(cast: Cast) -> None:
    school = rules.create_organisation(by=cast.district_beichen, level="school", name_zh="新校", parent=cast.beichen, aliases=["旧校", "旧校", "老校"])
    assert (school.path, school.lineage) == (f"{cast.beichen.path}{school.pk}/", [cast.tianjin.pk, cast.beichen.pk, school.pk])
    assert [alias.name for alias in school.aliases.all()] == ["旧校", "老校"]
    entry = AuditEvent.objects.filter(action="organisation.create", target_id=school.pk).get()
    assert (entry.actor_id, entry.scope_path) == (cast.district_beichen.pk, school.path)


@pytest.mark.parametrize(
    ("level", "parent"),
    [
        ("commission", "tianjin"),
        ("bureau", None),
        ("bureau", "beichen"),
        ("school", None),
        ("school", "tianjin"),
        ("school", "school_a"),
        ("partner", "school_a"),
    ],
)
def test_an_organisation_is_refused_where_its_kind_does_not_stand(cast: Cast, level: str, parent: str | None) -> None:
    with refused("wrong_parent", "parent"):
        rules.create_organisation(by=cast.admin, level=level, name_zh="新", parent=getattr(cast, parent) if parent else None)


def test_two_of_one_name_are_refused_under_one_roof_only(cast: Cast) -> None:
    with refused("name_taken", "name_zh"):
        rules.create_organisation(by=cast.admin, level="school", name_zh=cast.school_a.name_zh, parent=cast.beichen)
    with refused("name_taken", "name_zh"):
        rules.create_organisation(by=cast.admin, level="partner", name_zh=cast.host.name_zh)
    with refused("name_taken", "name_zh"):
        rules.change_organisation(organisation=cast.school_b, by=cast.admin, name_zh=cast.school_a.name_zh)
    assert rules.create_organisation(by=cast.admin, level="school", name_zh=cast.school_a.name_zh, parent=cast.daxing).pk


def test_a_change_names_its_fields_and_hides_the_contact(cast: Cast) -> None:
    rules.change_organisation(
        organisation=cast.school_a, by=cast.district_beichen, short_name="辰光", contact_phone="15400000001", aliases=["辰光中学", "旧名"]
    )
    changes = AuditEvent.objects.filter(action="organisation.change").get().changes
    assert changes == {"short_name": ["", "辰光"], "contact_phone": ["…", "…"], "aliases": ["辰光中学", "旧名、辰光中学"]}


def test_a_change_of_nothing_is_not_logged(cast: Cast) -> None:
    rules.change_organisation(organisation=cast.school_a, by=cast.admin, name_zh=cast.school_a.name_zh, aliases=["辰光中学"])
    assert not AuditEvent.objects.filter(action="organisation.change").exists()


def test_a_moved_bureau_takes_its_schools_along(cast: Cast) -> None:
    rules.change_organisation(organisation=cast.beichen, by=cast.admin, parent=cast.hebei)
    moved, school = Organisation.objects.get(pk=cast.beichen.pk), Organisation.objects.get(pk=cast.school_a.pk)
    assert moved.path == f"{cast.hebei.path}{moved.pk}/"
    assert school.path == f"{moved.path}{school.pk}/"
    assert Organisation.objects.get(pk=cast.school_c.pk).path == cast.school_c.path


def test_nothing_stands_below_itself(cast: Cast) -> None:
    for parent in (cast.beichen, cast.school_a):
        with refused("wrong_parent", "parent"):
            rules.change_organisation(organisation=cast.beichen, by=cast.admin, parent=parent)
    deep = make_organisation("partner", "大学", cast.beichen)
    with refused("wrong_parent", "parent"):
        rules.change_organisation(organisation=cast.beichen, by=cast.admin, level="partner", parent=deep)


def test_the_level_stays_while_something_hangs_on_it(cast: Cast) -> None:
    with refused("level_in_use", "level"):
        rules.change_organisation(organisation=cast.school_a, by=cast.admin, level="partner")
    empty = make_organisation("school", "空校", cast.beichen)
    assert rules.change_organisation(organisation=empty, by=cast.admin, level="partner").level == "partner"


def test_nobody_deactivates_the_ground_under_their_feet(cast: Cast) -> None:
    with refused("own_organisation", "is_active"):
        rules.change_organisation(organisation=cast.beichen, by=cast.district_beichen, is_active=False)
    assert rules.change_organisation(organisation=cast.beichen, by=cast.organiser, is_active=False).is_active is False
    assert rules.change_organisation(organisation=cast.school_c, by=cast.district_daxing, is_active=False).is_active is False


@pytest.mark.parametrize(
    ("by", "parent", "organisation", "allowed"),
    [
        ("district_beichen", "beichen", None, True),
        ("district_beichen", "daxing", None, False),
        ("district_beichen", None, None, False),
        ("admin", None, None, True),
        ("district_beichen", "beichen", "school_a", True),
        ("district_beichen", "daxing", "school_a", False),
        ("district_daxing", "daxing", "school_a", False),
        ("organiser", "hebei", "beichen", False),
        ("admin", "hebei", "beichen", True),
    ],
)
def test_a_place_is_taken_and_left_only_by_who_keeps_both(cast: Cast, by: str, parent: str | None, organisation: str | None, allowed: bool) -> None:
    def ask() -> None:
        rules.require_place(
            by=getattr(cast, by), parent=getattr(cast, parent) if parent else None, organisation=getattr(cast, organisation) if organisation else None
        )

    if allowed:
        ask()
    else:
        with pytest.raises(PermissionDenied):
            ask()


# Roles -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("organisation", "role"), [("tianjin", "coordinator"), ("school_a", "officer"), ("school_a", "viewer"), ("host", "officer"), ("host", "viewer")]
)
def test_a_role_that_does_not_fit_is_refused(cast: Cast, organisation: str, role: str) -> None:
    place = getattr(cast, organisation)
    with refused("wrong_role", "role"):
        rules.add_membership(user=cast.viewer, organisation=place, role=role, by=cast.admin)
    with refused("wrong_role", "role"):
        rules.invite(by=cast.admin, organisation=place, role=role, display_name="新人", email="", now=timezone.now())


def test_a_role_is_given_once_and_logged(cast: Cast) -> None:
    rules.add_membership(user=cast.viewer, organisation=cast.beichen, role="viewer", by=cast.organiser)
    with refused("already_member", "user"):
        rules.add_membership(user=cast.viewer, organisation=cast.beichen, role="viewer", by=cast.organiser)
    assert cast.viewer.memberships.count() == 2
    entry = AuditEvent.objects.filter(action="membership.add").get()
    assert (entry.scope_path, entry.changes) == (cast.beichen.path, {"role": [None, "viewer"]})


def test_a_closed_organisation_gets_no_new_people(cast: Cast) -> None:
    Organisation.objects.filter(pk=cast.school_a.pk).update(is_active=False)
    cast.school_a.refresh_from_db()
    with refused("inactive_organisation"):
        rules.add_membership(user=cast.viewer, organisation=cast.school_a, role="coordinator", by=cast.admin)
    with refused("inactive_organisation"):
        rules.invite(by=cast.admin, organisation=cast.school_a, role="coordinator", display_name="新人", email="", now=timezone.now())


def test_the_last_officer_does_not_leave(cast: Cast) -> None:
    own = cast.district_beichen.memberships.get()
    with refused("last_officer"):
        rules.remove_membership(membership=own, by=cast.district_beichen)
    second = make_user("second", "第二位", cast.beichen)
    User.objects.filter(pk=second.pk).update(is_active=False)
    with refused("last_officer"):
        rules.remove_membership(membership=own, by=cast.district_beichen)
    User.objects.filter(pk=second.pk).update(is_active=True)
    rules.remove_membership(membership=own, by=cast.district_beichen)
    assert not Membership.objects.filter(user=cast.district_beichen).exists()
    assert AuditEvent.objects.filter(action="membership.remove").get().changes == {"role": ["officer", None]}


def test_who_keeps_the_office_from_above_may_take_its_last_officer_away(cast: Cast) -> None:
    rules.remove_membership(membership=cast.district_beichen.memberships.get(), by=cast.organiser)
    assert cast.beichen.memberships.count() == 0


# Invitations -----------------------------------------------------------------------------------------------------------


def invited(cast: Cast, **fields: Any) -> tuple[Invitation, str]:
    defaults = {"by": cast.district_beichen, "organisation": cast.school_a, "role": "coordinator", "display_name": "沈知秋", "email": "shen@example.org"}
    return rules.invite(**(defaults | {"now": timezone.now()} | fields))


def test_an_invitation_makes_a_user_once(cast: Cast) -> None:
    invitation, token = invited(cast)
    assert invitation.token_hash == token_hash(token)
    assert token not in str(Invitation.objects.values().get())
    now = timezone.now()
    user = rules.accept_invitation(token=token, username="Shen.Zhiqiu", password="yunhe-2026-lvse", now=now)
    assert (user.username, user.display_name, user.email, user.check_password("yunhe-2026-lvse")) == ("Shen.Zhiqiu", "沈知秋", "shen@example.org", True)
    assert [(row.organisation, row.role) for row in user.memberships.all()] == [(cast.school_a, "coordinator")]
    invitation.refresh_from_db()
    assert (invitation.accepted_at, invitation.accepted_by) == (now, user)
    with refused("invitation_invalid"):
        rules.accept_invitation(token=token, username="another", password="yunhe-2026-lvse", now=now)
    assert list(AuditEvent.objects.filter(action__startswith="invitation.").order_by("pk").values_list("action", flat=True)) == [
        "invitation.create",
        "invitation.accept",
    ]


@pytest.mark.parametrize("username", ["organiser", "ORGANISER", "ｏrganiser"])
def test_a_login_name_is_taken_in_any_spelling(cast: Cast, username: str) -> None:
    _invitation, token = invited(cast)
    with refused("username_taken", "username"):
        rules.accept_invitation(token=token, username=username, password="yunhe-2026-lvse", now=timezone.now())
    assert rules.open_invitation(token, timezone.now()) is not None


@pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "shen-zhiqiu-1"])
def test_a_weak_password_is_refused_and_the_link_still_works(cast: Cast, password: str) -> None:
    _invitation, token = invited(cast)
    with pytest.raises(ValidationError):
        rules.accept_invitation(token=token, username="shen-zhiqiu", password=password, now=timezone.now())
    assert not User.objects.filter(username="shen-zhiqiu").exists()
    assert rules.open_invitation(token, timezone.now()) is not None


def test_an_address_that_somebody_has_already_is_left_out(cast: Cast) -> None:
    User.objects.filter(pk=cast.viewer.pk).update(email="SHEN@example.org")
    _invitation, token = invited(cast)
    assert rules.accept_invitation(token=token, username="shen", password="yunhe-2026-lvse", now=timezone.now()).email == ""


def test_an_invitation_ends_after_fourteen_days(cast: Cast) -> None:
    invitation, token = invited(cast)
    assert rules.open_invitation(token, invitation.expires_at - timedelta(seconds=1)) == invitation
    assert rules.open_invitation(token, invitation.expires_at) is None
    assert invitation.expires_at - invitation.created_at > timedelta(days=13)
    with refused("invitation_expired"):
        rules.revoke_invitation(invitation=invitation, by=cast.district_beichen, now=invitation.expires_at)


def test_a_revoked_invitation_opens_nothing(cast: Cast) -> None:
    invitation, token = invited(cast)
    now = timezone.now()
    rules.revoke_invitation(invitation=invitation, by=cast.district_beichen, now=now)
    with refused("invitation_invalid"):
        rules.accept_invitation(token=token, username="shen", password="yunhe-2026-lvse", now=now)
    assert AuditEvent.objects.filter(action="invitation.revoke").get().scope_path == cast.school_a.path


def test_an_accepted_invitation_is_not_revoked(cast: Cast) -> None:
    invitation, token = invited(cast)
    rules.accept_invitation(token=token, username="shen", password="yunhe-2026-lvse", now=timezone.now())
    with refused("invitation_used"):
        rules.revoke_invitation(invitation=invitation, by=cast.district_beichen, now=timezone.now())


def test_an_invitation_to_a_closed_organisation_opens_nothing(cast: Cast) -> None:
    _invitation, token = invited(cast)
    Organisation.objects.filter(pk=cast.school_a.pk).update(is_active=False)
    with refused("invitation_invalid"):
        rules.accept_invitation(token=token, username="shen", password="yunhe-2026-lvse", now=timezone.now())


# Accounts and tokens ---------------------------------------------------------------------------------------------------


def test_deactivating_ends_the_tokens_and_is_logged(cast: Cast) -> None:
    rules.create_token(user=cast.coordinator_a, days=30, now=timezone.now())
    user = rules.set_active(user=cast.coordinator_a, by=cast.district_beichen, active=False)
    assert (user.is_active, AuthToken.objects.count()) == (False, 0)
    rules.set_active(user=user, by=cast.district_beichen, active=False)  # again: nothing happens
    assert rules.set_active(user=user, by=cast.district_beichen, active=True).is_active
    entries = AuditEvent.objects.filter(action__startswith="user.").order_by("pk")
    assert [(entry.action, entry.scope_path) for entry in entries] == [("user.deactivate", cast.school_a.path), ("user.activate", cast.school_a.path)]


def test_nobody_deactivates_themselves(cast: Cast) -> None:
    with refused("not_yourself"):
        rules.set_active(user=cast.admin, by=cast.admin, active=False)


def test_a_token_is_stored_as_a_hash_and_expires(cast: Cast) -> None:
    token, text = rules.create_token(user=cast.organiser, days=30, now=timezone.now())
    assert text not in str(AuthToken.objects.values().get())
    assert timedelta(days=29, hours=23) < token.expiry - timezone.now() <= timedelta(days=30)
    assert AuditEvent.objects.filter(action="token.create").get().changes == {"token": [None, text[:8]]}


def test_ten_tokens_are_enough_and_expired_ones_do_not_count(cast: Cast) -> None:
    now = timezone.now()
    for _number in range(10):
        rules.create_token(user=cast.organiser, days=30, now=now)
    with refused("too_many_tokens"):
        rules.create_token(user=cast.organiser, days=30, now=now)
    AuthToken.objects.filter(pk=AuthToken.objects.first().pk).update(expiry=now - timedelta(days=1))
    rules.create_token(user=cast.organiser, days=30, now=now)
    assert AuthToken.objects.count() == 10
