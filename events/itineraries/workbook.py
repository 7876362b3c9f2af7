"""The itinerary as a workbook, as the reader may see it."""

from collections.abc import Iterator
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.itineraries.day_parts import DayPart, parts_by_day
from events.itineraries.papers import ProgramPaper
from exchange import house_dates
from exchange.spreadsheets import Column, write_workbook

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Workbook(ProgramPaper):
    """`…/itinerary/itinerary.xlsx`: one row for each item on each of its days, in order of time."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        program = self.program()
        content = write_workbook(
            columns(), (list(cells(part)) for _day, parts in parts_by_day(self.items(program)) for part in parts), sheet=_("Itinerary"), title=str(program)
        )
        answer = HttpResponse(content, content_type=WORKBOOK)
        answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{program}-' + _('Itinerary'))}.xlsx"
        return answer


def columns() -> list[Column]:
    titles = [(_("Day"), 14), (_("From"), 10), (_("Until"), 18), (_("Title"), 36), (_("Type"), 12), (_("Where"), 36), (_("Groups"), 20), (_("Host"), 28)]
    return [Column(title, width) for title, width in [*titles, (_("Responsible"), 14), (_("Credit hours"), 10), (_("Status"), 10), (_("Several days"), 18)]]


def cells(part: DayPart) -> Iterator[str]:
    """Wall clock of Beijing; the end names its day where it is another one. Credit hours stand once, so that the column can be summed."""
    item, ends = part.item, timezone.localtime(part.item.ends_at)
    yield f"{part.day:%Y-%m-%d}"
    yield f"{timezone.localtime(item.starts_at):%H:%M}" if part.number == 1 else ""
    yield f"{ends:%H:%M}" if ends.date() == part.day else f"{ends:%Y-%m-%d %H:%M}"
    yield str(item)
    yield str(item.get_item_type_display())
    yield " ".join(word for word in (str(item.venue or ""), item.location) if word)
    yield house_dates.listed(group.name for group in item.groups.all())
    yield str(item.host_organisation or "")
    yield item.responsible
    yield f"{item.credit_hours:g}" if part.number == 1 else ""
    yield str(item.get_status_display())
    yield part.note
