"""The little language of papers, their versions, languages and pictures."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from exchange.transitions import RuleViolation
from participants.certificates import awards, files, papers, phrases, pictures, rules
from participants.certificates.award_models import PaperPicture, PaperTemplate
from participants.certificates.facts import CertificateFacts
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate
from participants.certificates.phrase_book import BOOK
from participants.people.names import latin_name
from tests.cast import Cast
from tests.participants.certificates.making import make_finished, make_participant, paper, picture_of, text_of
from tests.participants.certificates.results import drawing, make_award, make_contest, make_picture, make_template, words


def test_fields_are_filled_and_parts_without_a_value_go() -> None:
    values = {"you": "你", "work": "早晨", "award": "一等奖", "category": "", "program": "“运河”展"}
    assert phrases.plain("{您}[的《{作品}》]获得{组别}{奖项}。[成员：{成员}。]", values) == "你的《早晨》获得一等奖。"
    assert phrases.plain("｛您｝［的《｛work｝》］好", values) == "你的《早晨》好"
    assert phrases.plain("参加“{活动}”，", values) == "参加“运河”展，"
    assert phrases.plain("<b>$x %s 100%", values) == "<b>$x %s 100%"


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("恭喜{姓明}", "unknown_field", 3),
        ("恭喜{name", "unclosed_field", 3),
        ("{姓名{单位}}", "unclosed_field", 1),
        ("[甲[乙]]", "nested_part", 3),
        ("甲]", "stray_bracket", 2),
        ("甲}", "stray_bracket", 2),
        ("甲乙[{作品}", "unclosed_part", 3),
        ("{name.__class__}", "unknown_field", 1),
        ("{}", "unknown_field", 1),
    ],
)
def test_errors_say_where(text: str, code: str, position: int) -> None:
    with pytest.raises(RuleViolation) as refusal:
        phrases.parse(text)
    assert (refusal.value.code, refusal.value.params["position"]) == (code, position)
    assert f"第 {position} 个字" in refusal.value.message


def test_our_own_words_parse_and_english_ones_bring_the_name() -> None:
    for texts in BOOK.values():
        assert "name" in phrases.fields_in(texts.main_en)
        phrases.parse(texts.main), phrases.parse(texts.closing)


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("欧阳若川", "Ouyang Ruochuan"),
        ("吕绿", "Lyu Lyu"),
        ("单", "Shan"),
        ("王乐", "Wang Le"),
        ("阿依古丽·买买提", "Ayiguli Maimaiti"),
        ("José", "José"),
        ("Rosa M", "Rosa M"),
    ],
)
def test_names_in_latin_letters(name: str, latin: str) -> None:
    assert latin_name(name) == latin


def test_old_facts_read_and_write_as_they_were() -> None:
    facts = paper("award", work="早晨")
    assert not {"kind", "texts", "pictures", "language", "members"} & facts.to_json().keys()
    rich = paper("honour", kind="award", members=("甲",), language="both", name_en="A")
    assert CertificateFacts.from_json(rich.to_json()) == rich


# Versions -----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_paper_keeps_the_words_with_which_it_was_issued(cast: Cast, tmp_path: Path) -> None:
    program = make_contest(cast)
    make_template(cast, program, main_zh="{您}荣获{奖项}，可喜可贺。")
    now = timezone.now()
    award = make_award(cast, program)
    certificate = awards.enter(award_id=award.pk, facts=awards.prepare(award.pk, now), by=cast.organiser, now=now)
    before = files.read(certificate)
    make_template(cast, program, main_zh="完全不同的文字：{姓名}。", design="honour")
    rules.reissue(certificate=Certificate.objects.get(pk=certificate.pk), by=cast.organiser, now=now)
    after = files.read(Certificate.objects.get(pk=certificate.pk))
    assert after == before and "可喜可贺" in text_of(after, tmp_path).replace("\n", "")
    assert facts_of(certificate).wording == f"award-p{program.pk}-v1"
    assert [row.version for row in papers.versions(program, "award")] == [2, 1]


@pytest.mark.django_db
def test_a_program_goes_before_its_office_and_the_office_before_our_own(cast: Cast) -> None:
    program, other = make_contest(cast), make_contest(cast)
    make_template(cast, program, for_office=True, main_zh="全办{奖项}。")
    assert papers.current_values(other, "award")["main_zh"] == "全办{奖项}。"
    make_template(cast, program, main_zh="本活动{奖项}。")
    assert papers.current_values(program, "award")["main_zh"] == "本活动{奖项}。"
    assert papers.current_values(other, "award")["main_zh"] == "全办{奖项}。"
    with pytest.raises(RuleViolation) as refusal:
        make_template(cast, program)
    assert refusal.value.code == "unchanged" and PaperTemplate.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"main_zh": "{您}获{奖}"}, "unknown_field", "main_zh"),
        ({"main_zh": " "}, "text_missing", "main_zh"),
        ({"language": "en", "title_en": ""}, "text_missing", "title_en"),
        ({"language": "both", "main_en": "has won."}, "name_missing", "main_en"),
        ({"design": "hours"}, "name_missing", "main_zh"),
        ({"title_zh": "{奖项}证书"}, "field_in_title", "title_zh"),
        ({"main_zh": "{奖项}\uf8ff"}, "missing_glyph", "main_zh"),
    ],
)
def test_words_that_cannot_be_a_paper_are_refused(cast: Cast, fields: dict[str, Any], code: str, field: str) -> None:
    program = make_contest(cast)
    with pytest.raises(RuleViolation) as refusal:
        make_template(cast, program, **fields)
    assert (refusal.value.code, refusal.value.field) == (code, field)


@pytest.mark.django_db
def test_markup_in_words_and_results_stands_there_as_text(cast: Cast, tmp_path: Path) -> None:
    program = make_contest(cast)
    make_template(cast, program, main_zh="<img src=file:///etc/passwd>{奖项}<script>", language="zh")
    award = make_award(cast, program, prize="<b>一等奖</b>")
    content = papers_pdf(award)
    assert "<imgsrc=file:///etc/passwd><b>一等奖</b><script>" in "".join(text_of(content, tmp_path).split())


def papers_pdf(award: Any) -> bytes:
    from participants.certificates.rendering import certificate_pdf

    return certificate_pdf(awards.prepare(award.pk, timezone.now()).numbered("津教证〔2026〕第0001号", "7K4M-Q2XH-9TBD-0Z3C"))


@pytest.mark.django_db
@pytest.mark.parametrize("design", ["honour", "completion", "award", "hours"])
@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_every_design_speaks_every_language(cast: Cast, tmp_path: Path, design: str, language: str) -> None:
    program = make_finished(cast, title_en="Study visit to Wuxi")
    main = "兹证明{姓名}于{日期}参加{活动}[，计{学时}学时]。"
    make_template(cast, program, kind="completion", design=design, language=language, main_zh=main)
    registration = make_participant(cast, program, "欧阳若川")
    facts = rules.prepare(rules.for_issuing(registration.pk), timezone.now())
    from participants.certificates.rendering import certificate_pdf

    said = " ".join(text_of(certificate_pdf(facts.numbered("津教证〔2026〕第0001号", "7K4M-Q2XH-9TBD-0Z3C")), tmp_path).split())
    assert ("欧阳若川" in said) == (language != "en") and ("Ouyang Ruochuan" in said) == (language != "zh")
    assert ("Study visit to Wuxi" in said) == (language != "zh") and ("16 credit hours" in said) == (language != "zh")


@pytest.mark.django_db
def test_the_spelling_of_the_person_goes_before_pinyin(cast: Cast) -> None:
    program = make_finished(cast)
    make_template(cast, program, kind="completion", language="en")
    registration = make_participant(cast, program, "阿依古丽·买买提", name_en="Aygul Memet")
    assert rules.prepare(rules.for_issuing(registration.pk), timezone.now()).name_en == "Aygul Memet"


# Pictures -----------------------------------------------------------------------------------------------------------------


def reading(png: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(png))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_encoded_anew_with_transparent_paper(form: str) -> None:
    content = drawing(form, size=(1600, 1600))
    png, width, height = pictures.encoded(content, "seal")
    picture = reading(png)
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (width, height)) and max(width, height) == max(pictures.INK_SIDES)
    assert picture.getpixel((width // 2, height // 2))[3] == 0 and len(png) < 60_000
    assert picture.getchannel("A").getextrema()[1] > 200 and not picture.info.get("exif")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (b"\x89PNG\r\n\x1a\nnonsense", "not_a_picture"),
        (b"", "not_a_picture"),
        (b"GIF89a" + b"\x00" * 50, "not_a_picture"),
        (b"x" * (3 * 1024 * 1024 + 1), "picture_too_large"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        pictures.encoded(content, "seal")
    assert refusal.value.code == code


def test_a_huge_an_empty_and_a_tiny_picture_are_refused() -> None:
    from PIL import Image

    def blank(size: tuple[int, int]) -> bytes:
        out = io.BytesIO()
        Image.new("1", size, 1).save(out, "PNG")
        return out.getvalue()

    for content, code in ((blank((9000, 9000)), "picture_too_large"), (blank((300, 300)), "picture_empty"), (drawing(size=(60, 60)), "picture_too_small")):
        with pytest.raises(RuleViolation) as refusal:
            pictures.encoded(content, "seal")
        assert refusal.value.code == code


@pytest.mark.django_db
def test_a_seal_is_on_the_paper_also_after_it_is_retired(cast: Cast, tmp_path: Path) -> None:
    program = make_contest(cast)
    seal = make_picture(cast, program)
    make_template(cast, program, seal=seal, seal_mm=40, signature=make_picture(cast, program, "signature"), logo=make_picture(cast, program, "logo"))
    award, now = make_award(cast, program), timezone.now()
    certificate = awards.enter(award_id=award.pk, facts=awards.prepare(award.pk, now), by=cast.organiser, now=now)
    before = files.read(certificate)
    red = sum(1 for pixel in picture_of(before, tmp_path).convert("RGB").crop((0, 900, 900, 1240)).get_flattened_data() if pixel[0] > 150 and pixel[1] < 90)
    assert red > 500
    pictures.retire(picture=seal, by=cast.organiser, now=now)
    rules.reissue(certificate=Certificate.objects.get(pk=certificate.pk), by=cast.organiser, now=now)
    assert files.read(Certificate.objects.get(pk=certificate.pk)) == before
    with pytest.raises(RuleViolation) as refusal:
        make_template(cast, program, main_zh="{奖项}。")
    assert (refusal.value.code, refusal.value.field) == ("foreign_picture", "seal")
    assert PaperPicture.objects.count() == 3


@pytest.mark.django_db
def test_pictures_of_another_office_or_role_are_refused(cast: Cast) -> None:
    program = make_contest(cast)
    foreign = pictures.add(organisation=cast.beijing, role="seal", name="章", content=drawing(), by=cast.organiser_other)
    for fields in ({"seal": foreign}, {"seal": make_picture(cast, program, "logo")}):
        with pytest.raises(RuleViolation) as refusal:
            papers.save(program=program, kind="award", for_office=False, by=cast.organiser, **words(program, **fields))
        assert refusal.value.code == "foreign_picture"


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh", "both"])
def test_a_text_of_which_nothing_is_left_is_still_a_page(cast: Cast, language: str) -> None:
    program = make_contest(cast)
    make_template(cast, program, main_zh="[{成员}]", language=language)
    assert papers_pdf(make_award(cast, program)).startswith(b"%PDF")
