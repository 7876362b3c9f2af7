"""Tables that are called .xls: HTML as school systems export it, XML Spreadsheet 2003, and text with tabs."""

import pytest

from exchange.spreadsheets import Cell, SheetMarks, SpreadsheetError, read_cells
from tests.participants.rosters.imports import GOOD, HEADER, make_visit, rows_of, upload

STYLE = '<style><!-- table{mso-displayed-decimal-separator:"\\.";} .xl65{mso-number-format:"\\@";} .xl66{text-decoration:line-through;} --></style>'


def page(*rows: str, before: str = "", after: str = "") -> str:
    return (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>导出</title>'
        f"{STYLE}<script>document.write('<table>')</script></head><body>{before}<table border=1>{''.join(rows)}</table>{after}</body></html>"
    )


def line(cells: list[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f'<{tag} class=xl65 style="vnd.ms-excel.numberformat:@">{text}</{tag}>' for text in cells) + "</tr>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_html_named_xls_is_a_roster(cast, encoding):
    text = page(f"<tr><td colspan={len(HEADER)}>教师名单</td></tr>", line(HEADER, "th"), line(GOOD))
    rows = rows_of(upload(make_visit(cast), text.encode(encoding), cast.organiser, "名单.xls"))
    assert (rows[3]["status"], rows[3]["values"]["national_id"]) == ("ok", GOOD[4])


def test_tags_left_open_merged_cells_and_what_excel_keeps_beside_a_short_number():
    text = page(
        "<tr><td>姓名<td>性别<td>手机<td>学校",
        '<tr><td>许&nbsp;知遥<td>男<td x:num="15433000149">1.54331E+10<td rowspan=2>天津市北辰区<br>辰光高级中学',
        "<tr style='height:0; display: none'><td class=xl66>高远山<td>女<td><s>15433000150</s>",
    )
    cells = read_cells(text.encode(), "a.xls")
    assert [[cell.text for cell in row] for row in cells.rows[1:]] == [
        ["许 知遥", "男", "15433000149", "天津市北辰区\n辰光高级中学"],
        ["高远山", "女", "15433000150", "天津市北辰区\n辰光高级中学"],
    ]
    assert cells.rows[1][2].kind == "number"
    assert cells.marks == SheetMarks(frozenset({3}), frozenset(), {3: frozenset({0, 2})})


def test_the_list_is_found_among_tables_and_inside_of_them():
    menu, footer = "<table><tr><td>首页</td><td>退出</td></tr></table>", "<table><tr><td>共1页</td></tr></table>"
    text = page(f"<tr><td>{page(line(HEADER), line(GOOD))}</td></tr>", before=menu, after=footer)
    cells = read_cells(text.encode(), "a.xls")
    assert [[cell.text for cell in row] for row in cells.rows] == [HEADER, GOOD]


def test_two_lists_of_a_page_are_named():
    cells = read_cells(page(line(HEADER), line(GOOD), after=page(line(HEADER), line(GOOD), line(GOOD))).encode(), "a.xls")
    assert (cells.sheet, cells.other_sheets, len(cells.rows)) == ("2", ["1"], 3)
    assert len(read_cells(page(line(HEADER), line(GOOD), after=page(line(HEADER), line(GOOD), line(GOOD))).encode(), "a.xls", "1").rows) == 2


XML = """<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Styles><Style ss:ID="s1"/></Styles>
<Worksheet ss:Name="说明"><Table><Row><Cell><Data ss:Type="String">说明</Data></Cell></Row></Table></Worksheet>
<Worksheet ss:Name="名单"><Table ss:ExpandedColumnCount="4"><Column ss:Width="80"/><Row><Cell ss:MergeAcross="3"><Data ss:Type="String">名单</Data></Cell></Row>
<Row ss:Index="4"><Cell><Data ss:Type="String">姓名</Data></Cell><Cell><Data ss:Type="String">手机</Data></Cell><Cell ss:Index="4"><Data ss:Type="String">出生日期</Data></Cell></Row>
<Row ss:Hidden="1"><Cell ss:StyleID="s1"><Data ss:Type="String">许知遥</Data></Cell><Cell><Data ss:Type="Number">15433000149</Data></Cell><Cell ss:StyleID="s1"/>
<Cell><Data ss:Type="DateTime">1985-03-15T00:00:00.000</Data></Cell></Row></Table></Worksheet></Workbook>"""


def test_xml_spreadsheet_2003():
    cells = read_cells(XML.encode(), "a.xls")
    assert (cells.sheet, len(cells.rows), cells.marks.hidden) == ("名单", 5, {5})
    assert [cell.text for cell in cells.rows[3]] == ["姓名", "手机", "", "出生日期"]
    assert cells.rows[4] == [Cell("许知遥", "text"), Cell("15433000149", "number"), Cell(), Cell("1985-03-15", "date")]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_text_with_tabs_named_xls(encoding):
    text = "\r\n".join("\t".join(row) for row in (HEADER, GOOD))
    assert [[cell.text for cell in row] for row in read_cells(text.encode(encoding), "名单.xls").rows] == [HEADER, GOOD]


def test_a_page_without_a_table_is_no_workbook():
    with pytest.raises(SpreadsheetError) as refusal:
        read_cells("<html><body>登录已过期，请重新登录</body></html>".encode(), "名单.xls")
    assert refusal.value.code == "not_a_workbook"
