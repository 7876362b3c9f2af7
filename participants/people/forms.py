"""The form of a person's details, for the people pages and the roster."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from exchange.masking import mask_national_id, mask_phone
from exchange.pages import PageForm
from participants.people import checks
from participants.people.models import Gender, Person, TeachingStage

ETHNIC_GROUPS = (
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 傣族 黎族 傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 "
    "柯尔克孜族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 塔吉克族 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 鄂伦春族 "
    "赫哲族 门巴族 珞巴族 基诺族"
).split()


def number_field(label: Any, **attributes: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attributes})
    )


class PersonForm(PageForm):
    """Details of a person. Numbers are never shown whole: an empty field keeps what is stored."""

    KEPT: ClassVar[tuple[str, ...]] = ("national_id", "phone", "emergency_phone")

    name = forms.CharField(label=_("name"), max_length=60, help_text=_("As on the ID card."))
    name_en = forms.CharField(
        label=_("name in Latin letters"), max_length=100, required=False, help_text=_("As on the passport. Left empty, English papers use pinyin.")
    )
    national_id = number_field(_("ID number"))
    gender = forms.ChoiceField(label=_("gender"), choices=[("", "—"), *Gender.choices], required=False)
    birth_on = forms.DateField(label=_("date of birth"), required=False, help_text=_("Left empty, it is taken from the ID number."))
    ethnicity = forms.ChoiceField(label=_("ethnicity"), choices=[("", "—"), *((name, name) for name in ETHNIC_GROUPS)], required=False)
    phone = number_field(_("mobile"), inputmode="tel")
    email = forms.EmailField(label=_("e-mail"), required=False)
    position = forms.CharField(label=_("position"), max_length=60, required=False)
    professional_title = forms.CharField(label=_("professional title"), max_length=40, required=False)
    stage = forms.ChoiceField(label=_("stage"), choices=[("", "—"), *TeachingStage.choices], required=False)
    subject = forms.CharField(label=_("subject"), max_length=40, required=False)
    diet = forms.CharField(label=_("diet"), max_length=60, required=False)
    lodging = forms.CharField(label=_("lodging"), max_length=60, required=False)
    emergency_contact = forms.CharField(label=_("emergency contact"), max_length=60, required=False)
    emergency_phone = number_field(_("emergency phone"), inputmode="tel")
    memo = forms.CharField(label=_("memo"), max_length=300, required=False)

    def __init__(self, *args: Any, person: Person | None = None, **kwargs: Any) -> None:
        self.person = person
        if person is not None:
            own = [name for name in PersonForm.base_fields if name not in self.KEPT]
            kwargs["initial"] = {**{name: getattr(person, name) for name in own}, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if person is not None:
            self.show_stored(person)

    def show_stored(self, person: Person) -> None:
        """Masked numbers as placeholders, and a stored ethnicity that is not on the list as a choice."""
        for name in self.KEPT:
            stored = getattr(person, name)
            if stored:
                masked = mask_national_id(stored) if name == "national_id" else mask_phone(stored)
                self.fields[name].widget.attrs["placeholder"] = masked
                self.fields[name].help_text = _("Leave empty to keep %(number)s.") % {"number": masked}
        field = self.fields["ethnicity"]
        if person.ethnicity and person.ethnicity not in ETHNIC_GROUPS:
            field.choices = [*field.choices, (person.ethnicity, person.ethnicity)]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return checks.clean_name(self.cleaned_data["name"])

    def clean_national_id(self) -> str:
        return checks.clean_national_id(self.cleaned_data["national_id"])

    def clean_phone(self) -> str:
        return checks.clean_phone(self.cleaned_data["phone"])

    def clean_emergency_phone(self) -> str:
        return checks.clean_phone(self.cleaned_data["emergency_phone"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            self.filled = checks.complete(self.given(cleaned), self.person)
        return cleaned

    def given(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """What the form changes: numbers left empty stay as they are."""
        keep = self.KEPT if self.person is not None else ()
        return {name: value for name, value in cleaned.items() if value or name not in keep}

    def values(self) -> dict[str, Any]:
        """The details for rules.create_person and change_person, completed from the ID number."""
        return self.filled
