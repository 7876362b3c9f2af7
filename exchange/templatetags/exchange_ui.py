"""Template tags and filters of the visual system: icons, states, forms, dates in the house form, masked values."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from exchange import house_dates, masking
from exchange.icons import SOLIDS, STROKES
from exchange.states import find_state

register = template.Library()

MARK_STRIP = "M-15.35 1.3L-8.03 1.3L-10.33 5.3L-17.65 5.3Z M-1.1 1.3L17.65 1.3L15.35 5.3L-3.41 5.3Z"
PLACE_TONES = {"11": "qing", "12": "lv", "13": "zhe"}  # 京 津 冀


# Pictures --------------------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An inline icon in the colour of the text, hidden from screen readers: the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.2"'
        ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        extra,
        mark_safe(STROKES[name]),
    )


@register.simple_tag
def glyph(name: str, extra: str = "") -> SafeString:
    """A shape as states use them: solid, or an icon for the phases of a program."""
    if name not in SOLIDS:
        return icon(name, f"glyph {extra}".strip())
    return format_html(
        '<svg class="glyph {}" viewBox="0 0 16 16" width="16" height="16" fill="currentColor" aria-hidden="true" focusable="false">{}</svg>',
        extra,
        mark_safe(SOLIDS[name]),
    )


@register.simple_tag
def mark(extra: str = "") -> SafeString:
    """The three strokes. Always beside a written name, so hidden from screen readers."""
    strips = "".join(f'<path class="mark-{tone}" transform="rotate({turn})" d="{MARK_STRIP}"/>' for tone, turn in (("qing", 0), ("lv", 120), ("zhe", 240)))
    return format_html(
        '<svg class="strokes {}" viewBox="-17.5 -18.2 35 35" width="32" height="32" aria-hidden="true" focusable="false">{}</svg>',
        extra,
        mark_safe(strips),
    )


# States ----------------------------------------------------------------------------------------------------------------


@register.simple_tag
def state(value: Any, domain: str = "", style: str = "") -> SafeString:
    """Glyph and word of a state, as `{% state registration.status %}`; `domain` where a value means two things, style "pill" beside a name."""
    found = find_state(str(value), domain)
    if found is None:
        return format_html("{}", value)
    return format_html(
        '<span class="state state-{} tone-{}{}">{}<span class="state-word">{}</span></span>',
        value,
        found.tone,
        " state-pill" if style == "pill" else "",
        glyph(found.shape),
        found.word,
    )


@register.filter
def tone(code: Any) -> str:
    """The colour of a place by its division code: qing, lv, zhe for 京, 津, 冀, and ink elsewhere."""
    return PLACE_TONES.get(str(code)[:2], "ink")


@register.simple_tag
def place(name: Any, code: Any) -> SafeString:
    """A place with its colour bar: `{% place "津·北辰" division.code %}`."""
    return format_html('<span class="place tone-{}">{}</span>', tone(code), name)


# Dates -----------------------------------------------------------------------------------------------------------------

register.filter("day", house_dates.day)
register.filter("full_day", house_dates.full_day)
register.filter("date_range", house_dates.date_range)
register.filter("full_date_range", house_dates.full_date_range)
register.filter("clock", house_dates.clock)
register.filter("time_range", house_dates.time_range)
register.filter("until", house_dates.until)
register.filter("moment", house_dates.moment)
register.filter("weekday", house_dates.weekday)
register.filter("iso", house_dates.iso)
register.filter("counted", house_dates.counted)


# Masked values ---------------------------------------------------------------------------------------------------------

register.filter("mask_id", masking.mask_national_id)
register.filter("mask_phone", masking.mask_phone)
register.filter("mask_name", masking.mask_name)
register.filter("mask_email", masking.mask_email)


# Forms -----------------------------------------------------------------------------------------------------------------

CHOICES = (forms.RadioSelect, forms.CheckboxSelectMultiple)  # Django draws these as a list of labels
DJANGO_EMPTY = "---------"  # Django's own words for no choice
NATIVE_INPUTS: dict[type[forms.Widget], tuple[str, str]] = {
    forms.DateInput: ("date", "%Y-%m-%d"),
    forms.DateTimeInput: ("datetime-local", "%Y-%m-%dT%H:%M"),
    forms.TimeInput: ("time", "%H:%M"),
}


@register.filter
def control(field: BoundField) -> SafeString:
    """The widget of a form field with our classes, and the browser's own pickers for dates and times."""
    widget = field.field.widget
    attributes: dict[str, Any] = {} if isinstance(widget, CHOICES) else {"class": f"{widget.attrs.get('class', '')} {control_class(widget)}".strip()}
    if str(widget.attrs.get("placeholder", "")) == str(field.label):
        attributes["placeholder"] = False  # a placeholder that repeats the label says nothing
    if getattr(field.field, "empty_label", None) == DJANGO_EMPTY:
        field.field.empty_label = "—"
    native = NATIVE_INPUTS.get(type(widget))
    if native and widget.input_type == "text":  # type: ignore[attr-defined]
        widget.input_type, widget.format = native  # type: ignore[attr-defined]
    return field.as_widget(attrs=attributes)


def control_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


@register.filter
def kind_of_control(field: BoundField) -> str:
    """Which layout a field takes: checkbox, choices, file or line."""
    widget = field.field.widget
    if isinstance(widget, CHOICES):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    return "file" if isinstance(widget, forms.FileInput) else "line"


@register.filter
def only(form: forms.BaseForm, names: str) -> list[BoundField]:
    """Some fields of a form, in the given order: `{% for field in form|only:"starts_on ends_on" %}`."""
    return [form[name] for name in names.split()]


# Long Chinese titles ---------------------------------------------------------------------------------------------------

BREAK_AFTER = re.compile("([：，、；）》”·—])(?![\\s:,.;!?，。；：、）》”])")
BREAK_BEFORE = re.compile("(?<!^)(赴|观摩|座谈|展示|邀请赛|比赛|学访|交流季|联合课程|培训|研讨|总结会|仪式)")


@register.filter
def phrases(title: Any) -> SafeString:
    """A title that breaks between words: `<wbr>` after punctuation and before the words of the trade. Use with class "phrases"."""
    text = escape(title)
    return mark_safe(BREAK_BEFORE.sub(r"<wbr>\1", BREAK_AFTER.sub(r"\1<wbr>", text)))


@register.filter
def quoted(title: Any) -> str:
    """In “ ”, unless the title brings such marks of its own, as on papers."""
    text = str(title)
    return text if any(mark in text for mark in "“《") else f"“{text}”"


# Small things ----------------------------------------------------------------------------------------------------------


@register.simple_tag
def is_english() -> bool:
    return (get_language() or "").startswith("en")


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any]) -> str:
    """The current address without `lang`, to come back to after changing language or theme."""
    request = context.get("request")
    if request is None:
        return "/"
    query = request.GET.copy()
    query.pop("lang", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


@register.simple_tag(takes_context=True)
def office(context: dict[str, Any]) -> Any:
    """The organisation of the signed-in user's first membership, or the administrator's title."""
    user = context["user"]
    membership = user.memberships.select_related("organisation").order_by("pk").first()
    return membership.organisation if membership else (_("Platform administrator") if user.is_superuser else "")


@register.filter
def initial(name: Any) -> str:
    """What stands in the round picture of a person: the first character."""
    return str(name)[:1].upper()


@register.filter
def tabs(sections: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The four entries of the navigation that phones show at the foot."""
    return [entry for section in sections for entry in section["entries"] if entry["tab"]][:4]


@register.filter
def undo_address(message: Any) -> str:
    """The address that undoes what a message reports: `messages.success(request, text, extra_tags="undo:/desk/…/")`."""
    return next((tag.removeprefix("undo:") for tag in (message.extra_tags or "").split() if tag.startswith("undo:")), "")


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def page_numbers(page: Any) -> list[int]:
    """The numbers to show under a long list; 0 stands for a gap."""
    return [number if isinstance(number, int) else 0 for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)]


@register.simple_tag
def quota_parts(quota: Any, confirmed: Any, in_review: Any) -> dict[str, Any]:
    """Numbers and percentages of a quota bar; nothing reaches over its end, even when more are in than fit."""
    whole = int(quota or 0)
    done, waiting = int(confirmed or 0), int(in_review or 0)
    scale = max(whole, done + waiting, 1)
    return {
        "confirmed": done,
        "in_review": waiting,
        "taken": done + waiting,
        "free": max(whole - done - waiting, 0),
        "confirmed_percent": round(100 * done / scale, 2),
        "review_percent": round(100 * waiting / scale, 2),
        "taken_percent": round(100 * (done + waiting) / scale, 2),
    }
