"""The directory's pages: the tree, one organisation, invitations from both ends, own account and tokens."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from participants.directory import rules
from participants.directory.models import Invitation, Membership, Organisation, User
from tests.cast import PASSWORD, Cast, make_organisation, make_person, make_user, same_queries

pytestmark = pytest.mark.django_db
LIST = "/desk/organisations/"


def listed(answer: Any) -> list[Organisation]:
    assert answer.status_code == 200
    return list(answer.context["organisations"])


# The tree --------------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_tree_with_counts_of_the_own_subtree(cast: Cast, sign_in: Any) -> None:
    for _number in range(3):
        make_person(cast, cast.school_a)
    make_person(cast, cast.school_c)
    rows = {row.pk: (row.depth, row.people_count, row.account_count) for row in listed(sign_in(cast.district_beichen).get(LIST))}
    assert rows[cast.beichen.pk] == (1, 3, 3)
    assert rows[cast.school_a.pk] == (2, 3, 1)
    assert rows[cast.school_b.pk] == (2, 0, 1)
    assert rows[cast.daxing.pk] == (1, None, None)
    assert cast.school_c.pk not in rows


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=辰光中学", ["school_a"]),
        ("q=北辰 运河", ["school_b"]),
        ("level=school", ["school_a", "school_b"]),
        ("under={beichen}", ["beichen", "school_a", "school_b"]),
        ("under={beichen}&level=bureau", ["beichen"]),
        ("q=没有这样的学校", []),
    ],
)
def test_the_list_is_narrowed(cast: Cast, sign_in: Any, query: str, expected: list[str]) -> None:
    found = listed(sign_in(cast.organiser).get(f"{LIST}?{query.format(beichen=cast.beichen.pk)}"))
    assert {row.pk for row in found} == {getattr(cast, name).pk for name in expected}


def test_the_views_count_what_each_level_holds(cast: Cast, sign_in: Any) -> None:
    views = sign_in(cast.organiser).get(f"{LIST}?q=天津").context["views"]
    assert [(view["count"], view["current"]) for view in views] == [(4, True), (1, False), (1, False), (2, False), (0, False)]
    assert views[3]["url"] == "?q=%E5%A4%A9%E6%B4%A5&level=school"


@pytest.mark.parametrize("query", ["under=abc", "under=999999999999999999", "level=castle", "page=1", "order=contact_phone", "q=" + "(" * 200, "q=%25"])
def test_odd_parameters_break_nothing(cast: Cast, sign_in: Any, query: str) -> None:
    assert sign_in(cast.organiser).get(f"{LIST}?{query}").status_code in (200, 404)


@pytest.mark.parametrize(("query", "status"), [("page=99", 404), ("page=x", 404), ("q=%00", 400), ("under=999999999999999999", 404)])
def test_impossible_parameters_are_refused(cast: Cast, sign_in: Any, query: str, status: int) -> None:
    assert sign_in(cast.organiser).get(f"{LIST}?{query}").status_code == status


def test_the_pages_need_the_same_queries_for_one_row_and_for_three(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.district_beichen)
    rules.invite(by=cast.admin, organisation=cast.beichen, role="viewer", display_name="甲", email="", now=timezone.now())

    def add() -> None:
        for number in range(3):
            make_organisation("school", f"校{number}", cast.beichen, aliases=[f"名{number}"])
            make_user(f"officer{number}", f"人{number}", cast.beichen)
            rules.invite(by=cast.admin, organisation=cast.beichen, role="viewer", display_name="甲", email="", now=timezone.now())

    def visit() -> None:
        assert client.get(LIST).status_code == 200
        assert client.get(f"{LIST}{cast.beichen.pk}/").status_code == 200

    same_queries(visit, add)


def test_one_organisation_shows_its_people_to_officers_only(cast: Cast, sign_in: Any) -> None:
    address = f"{LIST}{cast.school_a.pk}/"
    officer = sign_in(cast.district_beichen).get(address)
    assert [(row.user, row.may_switch) for row in officer.context["members"]] == [(cast.coordinator_a, True)]
    assert "coordinator_a" in officer.content.decode()
    viewer = sign_in(cast.viewer).get(address)
    assert viewer.context["members"] == []
    assert "coordinator_a" not in viewer.content.decode()
    assert f"{address}edit/" not in viewer.content.decode()
    assert [row.may_switch for row in sign_in(cast.coordinator_a).get(address).context["members"]] == [False]


def test_a_foreign_school_is_not_found_and_a_foreign_office_shows_no_inside(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.outsider)
    for path in ("", "edit/", "invite/", "roles/new/"):
        assert client.get(f"{LIST}{cast.school_a.pk}/{path}").status_code == 404
    page = client.get(f"{LIST}{cast.beichen.pk}/")
    assert page.status_code == 200
    assert page.context["may_see_inside"] is False
    assert "district_beichen" not in page.content.decode()
    for path in ("edit/", "invite/", "roles/new/"):
        assert client.get(f"{LIST}{cast.beichen.pk}/{path}").status_code == 403


def test_visitors_are_led_to_sign_in(cast: Cast) -> None:
    for path in (
        LIST,
        f"{LIST}{cast.beichen.pk}/",
        f"{LIST}{cast.beichen.pk}/edit/",
        "/desk/tokens/",
        "/desk/account/",
        f"/desk/users/{cast.viewer.pk}/deactivate/",
    ):
        assert Client().get(path).headers["Location"] == f"/accounts/login/?next={path}"


# Organisations: forms --------------------------------------------------------------------------------------------------


def form(cast: Cast, **fields: Any) -> dict[str, Any]:
    return {"parent": cast.beichen.pk, "level": "school", "name_zh": "新校", "division": "120113", "aliases": "老校\r\n 旧校 \r\n\r\n", **fields}


def test_a_school_is_added(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.district_beichen)
    assert client.get(f"{LIST}new/?parent={cast.beichen.pk}").context["form"].initial["level"] == "school"
    answer = client.post(f"{LIST}new/", form(cast))
    school = Organisation.objects.get(name_zh="新校")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LIST}{school.pk}/")
    assert (school.parent, [alias.name for alias in school.aliases.all()]) == (cast.beichen, ["旧校", "老校"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name_zh": ""}, "name_zh"),
        ({"name_zh": "天津市北辰区辰光高级中学"}, "name_zh"),
        ({"level": "bureau"}, "parent"),
        ({"level": "castle"}, "level"),
        ({"level": "commission"}, "level"),
        ({"parent": ""}, "parent"),
        ({"division": "999999"}, "division"),
        ({"aliases": "名" * 81}, "aliases"),
        ({"short_name": "x\x07"}, "short_name"),
    ],
)
def test_a_bad_form_comes_back_with_what_was_typed(cast: Cast, sign_in: Any, fields: dict[str, str], field: str) -> None:
    before = Organisation.objects.count()
    answer = sign_in(cast.district_beichen).post(f"{LIST}new/", form(cast, contact_name="张老师", **fields))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert "张老师" in answer.content.decode()
    assert Organisation.objects.count() == before


def test_a_foreign_office_is_no_choice(cast: Cast, sign_in: Any) -> None:
    answer = sign_in(cast.district_beichen).post(f"{LIST}new/", form(cast, parent=cast.daxing.pk))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["parent"])


def test_the_administrator_plants_a_commission(cast: Cast, sign_in: Any) -> None:
    answer = sign_in(cast.admin).post(f"{LIST}new/", {"level": "commission", "name_zh": "江苏省教育厅", "division": "320000"})
    assert answer.status_code == 302
    assert Organisation.objects.get(name_zh="江苏省教育厅").parent is None


def test_an_organisation_is_edited_and_stays_where_its_officer_cannot_move_it(cast: Cast, sign_in: Any) -> None:
    client, address = sign_in(cast.district_beichen), f"{LIST}{cast.beichen.pk}/edit/"
    page = client.get(address).context["form"]
    assert {"parent", "level"} & set(page.fields) == set()
    answer = client.post(address, {"name_zh": cast.beichen.name_zh, "short_name": "北辰", "is_active": "on", "parent": cast.hebei.pk})
    assert answer.status_code == 302
    cast.beichen.refresh_from_db()
    assert (cast.beichen.short_name, cast.beichen.parent, cast.beichen.is_active) == ("北辰", cast.tianjin, True)
    own = client.post(address, {"name_zh": cast.beichen.name_zh})
    assert (own.status_code, list(own.context["form"].errors)) == (422, ["is_active"])
    same = client.get(f"{LIST}{cast.school_a.pk}/edit/").context["form"]
    assert same.initial["aliases"] == "辰光中学"


def test_coordinators_and_viewers_edit_nothing(cast: Cast, sign_in: Any) -> None:
    for user in (cast.coordinator_a, cast.viewer):
        client = sign_in(user)
        assert client.get(f"{LIST}new/").status_code == 403
        for path in ("edit/", "invite/", "roles/new/"):
            assert client.get(f"{LIST}{cast.school_a.pk}/{path}").status_code == 403
            assert client.post(f"{LIST}{cast.school_a.pk}/{path}", {}).status_code == 403


# Invitations -----------------------------------------------------------------------------------------------------------


def invite(client: Client, organisation: Organisation, **fields: Any) -> Any:
    return client.post(f"{LIST}{organisation.pk}/invite/", {"display_name": "沈知秋", "role": "coordinator", "email": "", **fields})


def test_an_invitation_link_is_shown_once_and_opens_an_account_once(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.district_beichen)
    target = invite(client, cast.school_a).headers["Location"]
    shown = client.get(target)
    link = shown.context["link"]
    assert link.startswith("http://testserver/invitations/")
    assert "no-store" in shown.headers["Cache-Control"]
    assert "<svg" in shown.context["picture"]
    assert client.get(target).context["link"] == ""

    visitor, path = Client(), link.removeprefix("http://testserver")
    assert visitor.get(path).status_code == 200
    chosen = {"username": "shen.zhiqiu", "password1": "yunhe-2026-lvse", "password2": "yunhe-2026-lvse"}
    assert visitor.post(path, chosen).headers["Location"] == "/accounts/login/"
    assert visitor.post("/accounts/login/", {"login": "shen.zhiqiu", "password": "yunhe-2026-lvse"}).headers["Location"] == "/desk/"
    user = User.objects.get(username="shen.zhiqiu")
    assert [(row.organisation, row.role) for row in user.memberships.all()] == [(cast.school_a, "coordinator")]
    assert Client().get(path).status_code == 404
    assert Client().post(path, chosen).status_code == 404


def test_the_link_waits_encrypted_in_the_session(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.district_beichen)
    invite(client, cast.school_a)
    waiting = [value for name, value in client.session.items() if name.startswith("shown_once.")]
    assert len(waiting) == 1
    assert waiting[0].startswith("k1.")


def test_used_expired_revoked_and_invented_links_look_the_same(cast: Cast) -> None:
    def link() -> tuple[Invitation, str]:
        return rules.invite(by=cast.admin, organisation=cast.school_a, role="coordinator", display_name="甲", email="", now=timezone.now())

    (_used, used), (expired, late), (revoked, closed) = link(), link(), link()
    rules.accept_invitation(token=used, username="once", password="yunhe-2026-lvse", now=timezone.now())
    Invitation.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    rules.revoke_invitation(invitation=revoked, by=cast.admin, now=timezone.now())
    tokens = (used, late, closed, "invented", "x" * 900)
    answers = [Client().get(f"/invitations/{token}/") for token in tokens]
    assert {answer.status_code for answer in answers} == {404}
    own = re.compile(r'"\w{64}"')  # CSRF tokens
    bodies = {own.sub("", answer.content.decode().replace(token, "")) for answer, token in zip(answers, tokens, strict=True)}
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "a@b.cn"}, "username"),
        ({"username": "ab"}, "username"),
        ({"username": "organiser"}, "username"),
        ({"username": "two words"}, "username"),
        ({"password2": "another-one-2026"}, "password2"),
        ({"password1": "12345678901", "password2": "12345678901"}, "password1"),
        ({"password1": "shen.zhiqiu", "password2": "shen.zhiqiu"}, "password1"),
    ],
)
def test_a_bad_choice_is_explained_and_the_link_still_works(cast: Cast, fields: dict[str, str], field: str) -> None:
    _invitation, token = rules.invite(by=cast.admin, organisation=cast.school_a, role="coordinator", display_name="沈知秋", email="", now=timezone.now())
    chosen = {"username": "shen.zhiqiu", "password1": "yunhe-2026-lvse", "password2": "yunhe-2026-lvse", **fields}
    answer = Client().post(f"/invitations/{token}/", chosen)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert "yunhe-2026-lvse" not in answer.content.decode()
    assert Client().get(f"/invitations/{token}/").status_code == 200


def test_a_role_that_does_not_fit_is_no_choice(cast: Cast, sign_in: Any) -> None:
    answer = invite(sign_in(cast.district_beichen), cast.school_a, role="officer")
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["role"])
    assert Invitation.objects.count() == 0


# Confirmations ---------------------------------------------------------------------------------------------------------


def test_an_account_is_deactivated_and_activated_after_asking(cast: Cast, sign_in: Any) -> None:
    client, base = sign_in(cast.district_beichen), f"/desk/users/{cast.coordinator_a.pk}"
    assert "孙㛃" in client.get(f"{base}/deactivate/").content.decode()
    cast.coordinator_a.refresh_from_db()
    assert cast.coordinator_a.is_active  # asking changes nothing
    assert client.post(f"{base}/deactivate/").headers["Location"] == f"{LIST}{cast.school_a.pk}/"
    cast.coordinator_a.refresh_from_db()
    assert not cast.coordinator_a.is_active
    client.post(f"{base}/activate/")
    cast.coordinator_a.refresh_from_db()
    assert cast.coordinator_a.is_active


def test_who_may_not_touch_an_account(cast: Cast, sign_in: Any) -> None:
    path = f"/desk/users/{cast.coordinator_a.pk}/deactivate/"
    assert sign_in(cast.outsider).post(path).status_code == 404
    assert sign_in(cast.coordinator_a).post(path).status_code == 403
    own = sign_in(cast.district_beichen).post(f"/desk/users/{cast.district_beichen.pk}/deactivate/")
    assert own.status_code == 422
    assert "不能停用您自己的账号。" in own.content.decode()
    assert User.objects.filter(is_active=False).count() == 0


def test_a_role_is_given_and_taken_after_asking(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.district_beichen)
    client.post(f"{LIST}{cast.school_a.pk}/roles/new/", {"user": cast.coordinator_b.pk, "role": "coordinator"})
    row = Membership.objects.get(user=cast.coordinator_b, organisation=cast.school_a)
    assert client.post(f"{LIST}{cast.school_a.pk}/roles/new/", {"user": cast.coordinator_c.pk, "role": "coordinator"}).status_code == 422
    assert client.get(f"/desk/memberships/{row.pk}/remove/").status_code == 200
    client.post(f"/desk/memberships/{row.pk}/remove/")
    assert not Membership.objects.filter(pk=row.pk).exists()
    last = client.post(f"/desk/memberships/{cast.district_beichen.memberships.get().pk}/remove/")
    assert last.status_code == 422
    assert sign_in(cast.outsider).post(f"/desk/memberships/{cast.coordinator_a.memberships.get().pk}/remove/").status_code == 404


def test_an_invitation_is_revoked_after_asking(cast: Cast, sign_in: Any) -> None:
    invitation, token = rules.invite(by=cast.admin, organisation=cast.school_a, role="coordinator", display_name="甲", email="", now=timezone.now())
    path = f"/desk/invitations/{invitation.pk}/revoke/"
    assert sign_in(cast.outsider).post(path).status_code == 404
    client = sign_in(cast.district_beichen)
    assert client.get(path).status_code == 200
    assert rules.open_invitation(token, timezone.now()) is not None
    assert client.post(path).status_code == 302
    assert rules.open_invitation(token, timezone.now()) is None
    assert client.post(path).status_code == 422


# Own account -----------------------------------------------------------------------------------------------------------


def test_the_account_page_shows_roles_and_ways(cast: Cast, sign_in: Any) -> None:
    text = sign_in(cast.organiser).get("/desk/account/").content.decode()
    for part in ("陈望舟", "organiser", "天津市教育委员会", "/accounts/password/change/", "/accounts/2fa/", "/desk/tokens/"):
        assert part in text


def test_a_token_is_shown_once_and_revoked(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    assert client.post("/desk/tokens/", {"days": 30, "password": PASSWORD}).headers["Location"] == "/desk/tokens/"
    text = client.get("/desk/tokens/").context["new_token"]
    assert len(text) == 64
    assert text not in client.get("/desk/tokens/").content.decode()
    token = AuthToken.objects.get(user=cast.organiser)
    assert sign_in(cast.viewer).post(f"/desk/tokens/{token.token_key}/revoke/").status_code == 404
    assert client.get(f"/desk/tokens/{token.token_key}/revoke/").status_code == 200
    client.post(f"/desk/tokens/{token.token_key}/revoke/")
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize(("data", "field"), [({"days": 30, "password": "wrong"}, "password"), ({"days": 3000, "password": PASSWORD}, "days"), ({}, "days")])
def test_a_token_needs_the_password_and_a_limit(cast: Cast, sign_in: Any, data: dict[str, Any], field: str) -> None:
    answer = sign_in(cast.organiser).post("/desk/tokens/", data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not AuthToken.objects.exists()


def test_the_pages_speak_english(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    client.cookies["django_language"] = "en"
    assert "Organisations and accounts" in client.get(LIST).content.decode()
    assert "Beichen District Education Bureau" in client.get(LIST).content.decode()
