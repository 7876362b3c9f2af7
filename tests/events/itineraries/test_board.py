"""How items lie on the day board."""

import re
from datetime import date, timedelta
from typing import Any

from events.itineraries.board import Board, Day, build_board, build_lanes, days_of, window
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from tests.cast import Cast, at, make_group, make_item, make_program, make_venue

MONDAY = date(2026, 12, 14)


def visit(cast: Cast) -> Program:
    return make_program(cast, starts_on=MONDAY, days=5)


def board_of(program: Program, **options: object) -> Board:
    items = list(ItineraryItem.objects.for_list().filter(program=program))
    days = days_of(program.starts_on, program.ends_on, items)
    return build_board(days, items, clashing=frozenset(), **options)  # type: ignore[arg-type]


def places(day: Day) -> list[tuple[str, int, int, int, int]]:
    return [(block.item.title_zh, block.start, block.span, block.lane, block.lanes) for block in day.in_order]


def test_blocks_count_quarters_from_the_first_hour(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, at("2026-12-14 09:00"), 90, "甲")
    make_item(program, at("2026-12-14 14:05"), 10, "乙")
    board = board_of(program)
    assert (board.hours[0], board.hours[-1], [day.on for day in board.days]) == (7, 20, [MONDAY + timedelta(days=offset) for offset in range(5)])
    assert places(board.days[0]) == [("甲", 8, 6, 0, 1), ("乙", 28, 2, 0, 1)]


def test_early_and_late_items_stretch_the_hours(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, at("2026-12-14 05:40"), 30, "早")
    make_item(program, at("2026-12-14 23:00"), 60, "到零点")
    board = board_of(program)
    assert (board.hours[0], board.hours[-1]) == (5, 23)
    assert places(board.days[0]) == [("早", 2, 3, 0, 1), ("到零点", 72, 4, 0, 1)]
    assert not board.has_nights


def test_overlapping_items_share_the_width_and_the_next_has_it_all(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, at("2026-12-14 09:00"), 120, "甲")
    make_item(program, at("2026-12-14 09:30"), 30, "乙")
    make_item(program, at("2026-12-14 10:15"), 30, "丙")
    make_item(program, at("2026-12-14 11:00"), 60, "丁")
    assert [row[3:] for row in places(board_of(program).days[0])] == [(0, 2), (1, 2), (1, 2), (0, 1)]


def test_what_goes_on_past_midnight_stands_below(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, at("2026-12-14 22:00"), 600, "夜车")
    board = board_of(program)
    assert ([block.item.title_zh for block in board.days[0].nights], board.days[0].blocks, board.has_nights) == (["夜车"], [], True)


def test_what_takes_several_days_stands_on_each_and_a_night_on_its_first(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, at("2026-12-14 08:00"), 58 * 60, "布展")  # until the 16th, 18:00
    make_item(program, at("2026-12-14 22:30"), 160, "夜车")
    board = board_of(program)
    assert [[(block.item.title_zh, block.part.note) for block in day.nights] for day in board.days[:4]] == [
        [("布展", "第1天，共3天"), ("夜车", "")],
        [("布展", "第2天，共3天")],
        [("布展", "第3天，共3天")],
        [],
    ]
    assert [block.item.title_zh for block in board.days[1].in_order] == ["布展"]
    assert days_of(MONDAY, MONDAY, program.items.all()) == [MONDAY + timedelta(days=offset) for offset in range(3)]


def test_colours_follow_the_audience(cast: Cast) -> None:
    program = visit(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    make_item(program, at("2026-12-14 09:00"), 60, "全体")
    make_item(program, at("2026-12-14 10:00"), 60, "一组", [first])
    make_item(program, at("2026-12-14 11:00"), 60, "二组", [second])
    make_item(program, at("2026-12-14 12:00"), 60, "午餐", item_type="meal")
    make_item(program, at("2026-12-14 13:00"), 60, "休息", item_type="free")
    make_item(program, at("2026-12-14 14:00"), 60, "取消", status="cancelled")
    board = board_of(program)
    assert [block.tone for block in board.days[0].in_order] == ["lv", "qing", "zhe", "plain", "note", "off"]
    assert [(row.label, row.tone) for row in board.audiences] == [("第1组", "qing"), ("第2组", "zhe")]


def test_many_parallel_items_keep_a_lane_of_the_style_sheet(cast: Cast) -> None:
    program = visit(cast)
    for number in range(14):
        make_item(program, at("2026-12-14 09:00"), 60, f"第{number}项")
    assert {block.lanes for block in board_of(program).days[0].blocks} == {12}
    assert (max(block.lane for block in board_of(program).days[0].blocks), board_of(program).room) == (11, "is-wide")


def test_a_long_program_shows_the_days_with_items(cast: Cast) -> None:
    program = make_program(cast, starts_on=MONDAY, days=60)
    for week in range(9):
        make_item(program, at("2026-12-14 09:00") + timedelta(weeks=week), 60)
    board = board_of(program)
    assert ([day.on for day in board.days], board.earlier, board.later) == (
        [MONDAY + timedelta(weeks=week) for week in range(7)],
        None,
        MONDAY + timedelta(weeks=7),
    )
    after = board_of(program, first=board.later)
    assert ([day.on for day in after.days], after.earlier, after.later) == ([MONDAY + timedelta(weeks=week) for week in (7, 8)], MONDAY, None)


def test_a_program_without_items_shows_its_first_days() -> None:
    assert days_of(MONDAY, MONDAY + timedelta(days=90), []) == [MONDAY + timedelta(days=offset) for offset in range(7)]
    assert window([MONDAY], date(2030, 1, 1)) == ([MONDAY], None, None)


def test_every_place_has_its_class(cast: Cast) -> None:
    """The page allows no inline style, so each place a block can have must stand in the style sheet."""
    with open("static/css/itineraries.css") as sheet:
        css = sheet.read()
    wanted = [f".from-{number}{{" for number in range(96)] + [f".span-{number}{{" for number in range(1, 97)]
    wanted += (
        [f".lanes-{total}.lane-{lane}{{" for total in range(2, 13) for lane in range(total)]
        + [f".across-{lanes}{{" for lanes in range(2, 13)]
        + [f".board-days-{days}{{" for days in range(1, 13)]
    )
    assert [name for name in wanted if name not in css] == []
    with open("static/vendor/bootstrap/bootstrap.min.css") as sheet:
        theirs = set(re.findall(r"\.([a-z]+-[\w-]+)", sheet.read()))
    assert {name for place in wanted for name in re.findall(r"\.([\w-]+)", place)} & theirs == set()  # .start-50 of Bootstrap is left:50%


def test_groups_keep_their_side_from_hour_to_hour(cast: Cast) -> None:
    program = visit(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    make_item(program, at("2026-12-14 09:00"), 60, "二组", [second])
    make_item(program, at("2026-12-14 09:30"), 60, "一组", [first])
    make_item(program, at("2026-12-14 14:00"), 60, "一组下午", [first])
    make_item(program, at("2026-12-14 14:00"), 60, "二组下午", [second])
    lanes = {title: lane for title, _start, _span, lane, _lanes in places(board_of(program).days[0])}
    assert lanes == {"一组": 0, "二组": 1, "一组下午": 0, "二组下午": 1}


def test_a_day_by_group_and_by_venue(cast: Cast) -> None:
    program, hall = visit(cast), make_venue(cast, "报告厅")
    groups = [make_group(program, number) for number in (1, 2)]
    make_item(program, at("2026-12-14 09:00"), 60, "全体", venue=hall)
    make_item(program, at("2026-12-14 10:00"), 60, "二组", [groups[1]])
    make_item(program, at("2026-12-15 10:00"), 60, "第二天", [groups[1]])
    items = list(ItineraryItem.objects.for_list().filter(program=program))
    board = build_lanes(MONDAY, items, by="group", groups=groups, clashing=frozenset())
    assert [(day.label, [block.item.title_zh for block in day.blocks]) for day in board.days] == [("第1组 2号车", ["全体"]), ("第2组 1号车", ["二组"])]
    assert [block.across for day in board.days for block in day.blocks] == [2, 1]
    board = build_lanes(MONDAY, items, by="venue", groups=groups, clashing=frozenset())
    assert [(day.label, [block.item.title_zh for block in day.blocks]) for day in board.days] == [("报告厅", ["全体"]), ("未定场馆", ["二组"])]
    empty = build_lanes(MONDAY + timedelta(days=4), items, by="venue", groups=groups, clashing=frozenset())
    assert [(day.label, day.blocks) for day in empty.days] == [("", [])]


def test_everyones_item_stands_across_unless_something_is_beside_it(cast: Cast) -> None:
    program = visit(cast)
    groups = [make_group(program, number) for number in (1, 2, 3)]
    make_item(program, at("2026-12-14 09:00"), 60, "全体")
    make_item(program, at("2026-12-14 09:30"), 60, "二组", [groups[1]])
    make_item(program, at("2026-12-14 22:00"), 600, "住宿")
    columns = build_lanes(MONDAY, ItineraryItem.objects.for_list().filter(program=program), by="group", groups=groups, clashing=frozenset()).days
    assert [[(block.item.title_zh, block.across) for block in day.blocks] for day in columns] == [[("全体", 1)], [("全体", 1), ("二组", 1)], [("全体", 1)]]
    assert [[block.across for block in day.nights] for day in columns] == [[3], [], []]


def test_lanes_for_which_there_is_no_room_are_counted(cast: Cast, sign_in: Any) -> None:
    program = visit(cast)
    for number in range(1, 15):
        make_group(program, number)
    page = sign_in(cast.organiser).get(f"/desk/programs/{program.pk}/itinerary/?view=group").content.decode()
    assert page.count("data-lane=") == 12 and "还有2列放不下" in page


def test_the_page_offers_the_views(cast: Cast, sign_in: Any) -> None:
    program = visit(cast)
    make_item(program, at("2026-12-14 09:00"), 60, "观摩")
    client, address = sign_in(cast.organiser), f"/desk/programs/{program.pk}/itinerary/"
    assert "按组" not in client.get(address).content.decode() and "按场馆" in client.get(address).content.decode()
    make_group(program)
    page = client.get(f"{address}?view=group&day=2026-12-14").content.decode()
    assert 'class="board-label">第1组 2号车' in page and page.count('class="board-day"') == 1
    item = program.items.get()
    move = {"day": "2026-12-14", "starts": "10:00", "ends": "11:00"}
    views = [client.post(f"/desk/itinerary-items/{item.pk}/move/?view={view}", move)["Location"] for view in ("group", "day", "//evil")]
    assert views == [f"{address}?day=2026-12-14&view=group", f"{address}?day=2026-12-14", f"{address}?day=2026-12-14"]
    assert [client.get(f"{address}?view={view}").status_code for view in ("venue", "nonsense", "group&group=99999999999999999999")] == [200] * 3
