"""The directory's API: what each sees, what each may do, and what is refused."""

from typing import Any

import pytest
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from exchange.audit import AuditEvent
from participants.directory import rules
from participants.directory.models import Invitation, Membership, Organisation, User
from tests.cast import PASSWORD, Cast, make_organisation, make_user, same_queries

pytestmark = pytest.mark.django_db
API = "/api/v1"


def names(answer: Any, field: str) -> list[Any]:
    assert answer.status_code == 200, answer.content
    return [row[field] for row in answer.json()["results"]]


# Divisions -------------------------------------------------------------------------------------------------------------


def test_anyone_reads_the_divisions(cast: Cast, api: Any) -> None:
    assert api().get(f"{API}/divisions/").json()["count"] == 566
    assert api().get(f"{API}/divisions/120113/").json() == {
        **{"code": "120113", "name": "北辰区", "full_name": "天津市北辰区", "level": "county", "parent": "120000", "province": "120000"}
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [("level=province", 34), ("province=120000&level=county", 16), ("parent=110000", 16), ("search=北辰", 1), ("search=120113", 1), ("province=12", 0)],
)
def test_divisions_are_filtered_and_searched(cast: Cast, api: Any, query: str, count: int) -> None:
    assert api().get(f"{API}/divisions/?{query}").json()["count"] == count


def test_nobody_writes_divisions(cast: Cast, api: Any) -> None:
    assert api(cast.admin).post(f"{API}/divisions/", {}).status_code in (403, 405)
    assert api().get(f"{API}/divisions/999999/").json()["code"] == "not_found"


# Organisations ---------------------------------------------------------------------------------------------------------


def test_a_school_knows_its_line_and_the_offices(cast: Cast, api: Any) -> None:
    seen = names(api(cast.coordinator_a).get(f"{API}/organisations/?page_size=200"), "id")
    assert cast.school_a.pk in seen
    assert {cast.tianjin.pk, cast.beichen.pk, cast.daxing.pk, cast.host.pk} <= set(seen)
    assert not {cast.school_b.pk, cast.school_c.pk, cast.school_outside.pk} & set(seen)


def test_one_organisation_in_full(cast: Cast, api: Any) -> None:
    assert api(cast.coordinator_a).get(f"{API}/organisations/{cast.school_a.pk}/").json() == {
        "id": cast.school_a.pk,
        **{"name": "天津市北辰区辰光高级中学", "name_zh": "天津市北辰区辰光高级中学", "name_en": "", "short_name": "", "level": "school"},
        **{"parent": cast.beichen.pk, "division": "120113", "stage": "senior", "number_prefix": "", "contact_name": "", "contact_phone": ""},
        **{"aliases": ["辰光中学"], "is_active": True},
    }


def test_a_foreign_school_is_not_found(cast: Cast, api: Any) -> None:
    for user in (cast.outsider, cast.coordinator_b, cast.district_daxing):
        assert api(user).get(f"{API}/organisations/{cast.school_a.pk}/").status_code == 404
        assert "辰光" not in api(user).get(f"{API}/organisations/?search=辰光").content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("level=commission", ["tianjin", "beijing", "hebei"]),
        ("parent={beichen}", ["school_a", "school_b"]),
        ("under={beichen}", ["beichen", "school_a", "school_b"]),
        ("under={school_c}", []),
        ("division=320200", ["host"]),
        ("search=辰光中学", ["school_a"]),
        ("is_active=false", []),
        ("level=bureau&ordering=-division", ["langfang", "outside", "beichen", "daxing"]),
    ],
)
def test_organisations_are_filtered(cast: Cast, api: Any, query: str, expected: list[str]) -> None:
    query = query.format(beichen=cast.beichen.pk, school_c=cast.school_c.pk)
    found = names(api(cast.organiser).get(f"{API}/organisations/?{query}"), "id")
    wanted = [getattr(cast, name).pk for name in expected]
    assert found == wanted if "ordering" in query else set(found) == set(wanted)


def test_an_officer_adds_a_school_below_the_own_bureau_only(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    data = {"parent": cast.beichen.pk, "level": "school", "name_zh": "新校", "aliases": ["老校"], "division": "120113"}
    answer = client.post(f"{API}/organisations/", data)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["aliases"], Organisation.objects.get(pk=answer.json()["id"]).parent) == (["老校"], cast.beichen)
    assert client.post(f"{API}/organisations/", data).json()["code"] == "name_taken"
    assert client.post(f"{API}/organisations/", {**data, "parent": cast.daxing.pk}).json()["code"] == "forbidden"
    assert client.post(f"{API}/organisations/", {**data, "parent": None, "level": "partner"}).status_code == 403
    assert client.post(f"{API}/organisations/", {**data, "parent": cast.school_c.pk}).json()["errors"][0]["field"] == "parent"
    assert client.post(f"{API}/organisations/", {**data, "level": "bureau", "name_zh": "另一局"}).json()["code"] == "wrong_parent"
    assert Organisation.objects.filter(name_zh__in=["新校", "另一局"]).count() == 1


def test_coordinators_and_viewers_add_and_change_nothing(cast: Cast, api: Any) -> None:
    for user in (cast.coordinator_a, cast.viewer):
        assert api(user).post(f"{API}/organisations/", {"level": "school", "name_zh": "新", "parent": cast.beichen.pk}).status_code == 403
        assert api(user).patch(f"{API}/organisations/{cast.school_a.pk}/", {"short_name": "x"}).status_code == 403


def test_an_officer_changes_the_own_tree(cast: Cast, api: Any) -> None:
    client, address = api(cast.district_beichen), f"{API}/organisations/{cast.school_a.pk}/"
    assert client.patch(address, {"short_name": "辰光", "aliases": []}).json()["aliases"] == []
    assert client.patch(address, {"parent": cast.daxing.pk}).status_code == 403
    assert client.patch(f"{API}/organisations/{cast.daxing.pk}/", {"short_name": "x"}).status_code == 403
    assert client.patch(f"{API}/organisations/{cast.school_c.pk}/", {"short_name": "x"}).status_code == 404
    assert client.patch(f"{API}/organisations/{cast.beichen.pk}/", {"is_active": False}).json()["code"] == "own_organisation"
    cast.school_a.refresh_from_db()
    assert (cast.school_a.short_name, cast.school_a.parent) == ("辰光", cast.beichen)


def test_the_lists_need_the_same_queries_for_one_row_and_for_three(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    rules.invite(by=cast.admin, organisation=cast.school_a, role="coordinator", display_name="甲", email="", now=timezone.now())

    def add() -> None:
        for number in range(3):
            school = make_organisation("school", f"校{number}", cast.beichen, aliases=[f"别名{number}"])
            make_user(f"user{number}", f"人{number}", school, "coordinator")
            rules.invite(by=cast.admin, organisation=school, role="coordinator", display_name="甲", email="", now=timezone.now())

    def visit() -> None:
        for path in ("organisations", "users", "memberships", "invitations"):
            assert client.get(f"{API}/{path}/").status_code == 200

    same_queries(visit, add)


# Users and memberships -------------------------------------------------------------------------------------------------


def test_officers_see_the_accounts_below_them(cast: Cast, api: Any) -> None:
    assert set(names(api(cast.district_beichen).get(f"{API}/users/"), "username")) == {"district_beichen", "coordinator_a", "coordinator_b"}
    assert names(api(cast.coordinator_a).get(f"{API}/users/"), "username") == ["coordinator_a"]
    assert names(api(cast.viewer).get(f"{API}/users/"), "username") == ["viewer"]


def test_roles_elsewhere_stay_unknown(cast: Cast, api: Any) -> None:
    Membership.objects.create(user=cast.coordinator_a, organisation=cast.school_c, role="coordinator")
    places = lambda user: [row["organisation"] for row in api(user).get(f"{API}/users/{cast.coordinator_a.pk}/").json()["memberships"]]  # noqa: E731
    assert places(cast.district_beichen) == [cast.school_a.pk]
    assert places(cast.admin) == places(cast.coordinator_a) == [cast.school_a.pk, cast.school_c.pk]


def test_users_are_filtered(cast: Cast, api: Any) -> None:
    client = api(cast.admin)
    assert names(client.get(f"{API}/users/?organisation={cast.school_a.pk}"), "username") == ["coordinator_a"]
    assert names(client.get(f"{API}/users/?role=viewer"), "username") == ["viewer"]
    assert names(client.get(f"{API}/users/?search=林知"), "username") == ["district_beichen"]
    assert names(client.get(f"{API}/users/?is_active=false"), "username") == []


def test_an_account_is_deactivated_and_activated(cast: Cast, api: Any) -> None:
    client, address = api(cast.district_beichen), f"{API}/users/{cast.coordinator_a.pk}"
    assert client.post(f"{address}/deactivate/").json()["is_active"] is False
    assert client.post(f"{address}/activate/").json()["is_active"] is True
    assert client.post(f"{API}/users/{cast.district_beichen.pk}/deactivate/").json()["code"] == "not_yourself"
    assert client.post(f"{API}/users/{cast.coordinator_c.pk}/deactivate/").status_code == 404
    Membership.objects.create(user=cast.coordinator_a, organisation=cast.school_c, role="coordinator")
    assert client.post(f"{address}/deactivate/").status_code == 403
    assert api(cast.coordinator_a).post(f"{address}/deactivate/").status_code == 403


def test_roles_are_given_and_taken(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    data = {"user": cast.coordinator_b.pk, "organisation": cast.school_a.pk, "role": "coordinator"}
    answer = client.post(f"{API}/memberships/", data)
    assert (answer.status_code, answer.json()["user_name"]) == (201, "周砚秋")
    assert client.post(f"{API}/memberships/", data).json()["code"] == "already_member"
    assert client.post(f"{API}/memberships/", {**data, "role": "officer"}).json()["code"] == "wrong_role"
    assert client.post(f"{API}/memberships/", {**data, "organisation": cast.tianjin.pk, "role": "officer"}).status_code == 403
    assert client.post(f"{API}/memberships/", {**data, "user": cast.coordinator_c.pk}).json()["errors"][0]["field"] == "user"
    assert client.delete(f"{API}/memberships/{answer.json()['id']}/").status_code == 204
    assert client.delete(f"{API}/memberships/{answer.json()['id']}/").status_code == 404
    assert client.delete(f"{API}/memberships/{cast.district_beichen.memberships.get().pk}/").json()["code"] == "last_officer"
    assert api(cast.coordinator_a).delete(f"{API}/memberships/{cast.coordinator_a.memberships.get().pk}/").status_code == 403


# Invitations -----------------------------------------------------------------------------------------------------------


def test_an_invitation_shows_its_link_once(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    data = {"organisation": cast.school_a.pk, "role": "coordinator", "display_name": "沈知秋"}
    made = client.post(f"{API}/invitations/", data)
    assert made.status_code == 201
    token = made.json()["link"].removeprefix("http://testserver/invitations/").rstrip("/")
    assert rules.open_invitation(token, timezone.now()) is not None
    assert token not in client.get(f"{API}/invitations/").content.decode()
    assert client.post(f"{API}/invitations/{made.json()['id']}/revoke/").status_code == 200
    assert client.post(f"{API}/invitations/{made.json()['id']}/revoke/").json()["code"] == "invitation_expired"
    assert rules.open_invitation(token, timezone.now()) is None
    assert names(client.get(f"{API}/invitations/?is_open=true"), "id") == []
    assert names(client.get(f"{API}/invitations/?is_open=false"), "id") == [made.json()["id"]]


def test_who_may_not_invite(cast: Cast, api: Any) -> None:
    data = {"organisation": cast.beichen.pk, "role": "officer", "display_name": "沈知秋"}
    for user in (cast.coordinator_a, cast.viewer, cast.outsider, cast.district_daxing):
        assert api(user).post(f"{API}/invitations/", data).status_code == 403
    assert api(cast.district_beichen).post(f"{API}/invitations/", {**data, "email": "no address"}).status_code == 400
    assert Invitation.objects.count() == 0
    invitation, _token = rules.invite(by=cast.admin, organisation=cast.beichen, role="officer", display_name="甲", email="", now=timezone.now())
    assert api(cast.outsider).post(f"{API}/invitations/{invitation.pk}/revoke/").status_code == 404
    assert names(api(cast.outsider).get(f"{API}/invitations/"), "id") == []


# The caller ------------------------------------------------------------------------------------------------------------


def test_me(cast: Cast, api: Any) -> None:
    membership = cast.organiser.memberships.get()
    assert api(cast.organiser).get(f"{API}/me/").json() == {
        **{"id": cast.organiser.pk, "username": "organiser", "display_name": "陈望舟", "email": "", "language": "zh-hans"},
        **{"is_administrator": False, "roles": ["officer"], "has_second_factor": False, "needs_second_factor": True},
        "organisations": [{"id": membership.pk, "organisation": cast.tianjin.pk, "organisation_name": "天津市教育委员会", "role": "officer"}],
    }
    assert api().get(f"{API}/me/").status_code == 401


def test_me_changes_the_language_and_nothing_else(cast: Cast, api: Any) -> None:
    answer = api(cast.viewer).patch(f"{API}/me/", {"language": "en", "display_name": "别人", "is_superuser": True, "username": "admin2"})
    assert (answer.status_code, answer.json()["language"], answer.json()["display_name"]) == (200, "en", "观察员")
    user = User.objects.get(pk=cast.viewer.pk)
    assert (user.language, user.is_superuser, user.username) == ("en", False, "viewer")
    assert api(cast.viewer).patch(f"{API}/me/", {"language": "fr"}).status_code == 400


def test_a_token_opens_the_api_until_it_is_revoked(cast: Cast, sign_in: Any) -> None:
    browser = sign_in(cast.organiser)
    made = browser.post(f"{API}/tokens/", {"password": PASSWORD, "days": 30}, content_type="application/json")
    assert made.status_code == 201, made.content
    text = made.json()["token"]
    program = APIClient(headers={"Authorization": f"Token {text}"})
    assert program.get(f"{API}/me/").json()["username"] == "organiser"
    listed = browser.get(f"{API}/tokens/").json()["results"]
    assert [(row["id"], row["begins_with"]) for row in listed] == [(text[:15], f"{text[:8]}…")]
    assert text not in str(listed)
    assert browser.delete(f"{API}/tokens/{text[:15]}/").status_code == 204
    assert program.get(f"{API}/me/").json()["code"] == "authentication_failed"
    assert list(AuditEvent.objects.filter(action__startswith="token.").order_by("pk").values_list("action", flat=True)) == ["token.create", "token.revoke"]


def test_tokens_of_others_are_not_found(cast: Cast, api: Any) -> None:
    token, _text = AuthToken.objects.create(user=cast.organiser)
    assert api(cast.viewer).delete(f"{API}/tokens/{token.token_key}/").status_code == 404
    assert names(api(cast.admin).get(f"{API}/tokens/"), "id") == []


def test_a_token_of_a_deactivated_account_is_refused(cast: Cast) -> None:
    _token, text = AuthToken.objects.create(user=cast.viewer)
    User.objects.filter(pk=cast.viewer.pk).update(is_active=False)
    answer = APIClient(headers={"Authorization": f"Token {text}"}).get(f"{API}/me/")
    assert answer.status_code in (401, 403)
    assert answer.json()["code"] == "authentication_failed"


@pytest.mark.parametrize("header", ["Token", "Token x", "Token a b", "Token " + "f" * 64, "Token \xff", "Bearer x"])
def test_nonsense_instead_of_a_token_opens_nothing(cast: Cast, header: str) -> None:
    assert APIClient(headers={"Authorization": header}).get(f"{API}/me/").status_code in (401, 403)


def test_a_token_asks_for_the_password_and_locks_after_five_wrong_ones(cast: Cast, sign_in: Any) -> None:
    browser = sign_in(cast.organiser)
    ask = lambda password, **more: browser.post(f"{API}/tokens/", {"password": password, **more}, content_type="application/json").json()["code"]  # noqa: E731
    assert [ask("wrong-password") for _attempt in range(6)] == ["wrong_password"] * 5 + ["too_many_attempts"]
    assert ask(PASSWORD) == "too_many_attempts"
    assert ask(PASSWORD, days=0) == ask(PASSWORD, days=367) == ask("") == "invalid"
    assert AuthToken.objects.count() == 0


def test_asking_for_tokens_too_often_is_429(cast: Cast, sign_in: Any) -> None:
    browser = sign_in(cast.organiser)
    codes = [browser.post(f"{API}/tokens/", {}, content_type="application/json").status_code for _attempt in range(22)]
    assert (codes[:20], codes[20:]) == ([400] * 20, [429] * 2)
    assert browser.get(f"{API}/tokens/").status_code == 200
