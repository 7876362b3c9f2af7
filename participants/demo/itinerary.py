"""The itinerary of the Wuxi visit as rows of a table: what an officer would have typed."""

from dataclasses import dataclass

# Places are fictional; the coordinates lie in Wuxi.
VENUE_FIELDS = ("name_en", "address_zh", "address_en", "latitude", "longitude", "contact_name", "capacity")
VENUES = {
    "湖滨会议中心": (
        "Lakeside Conference Centre",
        "江苏省无锡市滨湖区湖滨路示例1号",
        "1 Hubin Road (example), Binhu, Wuxi",
        "31.512300",
        "120.287600",
        "会务组",
        300,
    ),
    "无锡市太湖云帆中学": (
        "Taihu Yunfan High School",
        "江苏省无锡市滨湖区云帆路示例8号",
        "8 Yunfan Road (example), Binhu, Wuxi",
        "31.491200",
        "120.311900",
        "校办公室",
        200,
    ),
    "无锡市梁溪湾中学": (
        "Liangxi Bay High School",
        "江苏省无锡市梁溪区溪湾路示例16号",
        "16 Xiwan Road (example), Liangxi, Wuxi",
        "31.566700",
        "120.303300",
        "校办公室",
        180,
    ),
    "无锡市惠山北塘高级中学": (
        "Huishan Beitang High School",
        "江苏省无锡市惠山区北塘路示例20号",
        "20 Beitang Road (example), Huishan, Wuxi",
        "31.681100",
        "120.298500",
        "校办公室",
        160,
    ),
    "无锡市蠡园第一中学": (
        "Liyuan No. 1 High School",
        "江苏省无锡市滨湖区蠡园路示例3号",
        "3 Liyuan Road (example), Binhu, Wuxi",
        "31.522500",
        "120.260400",
        "校办公室",
        150,
    ),
    "运河公园研学中心": (
        "Canal Park Study Centre",
        "江苏省无锡市梁溪区运河东路示例5号",
        "5 Yunhe East Road (example), Liangxi, Wuxi",
        "31.589000",
        "120.283000",
        "服务台",
        120,
    ),
}
ALL, FIRST_COACH, SECOND_COACH = (), (1, 2, 3), (4, 5, 6)


@dataclass(frozen=True)
class Entry:
    """One item: day 1–5, begin and end as clock times, groups by number (none = everyone)."""

    day: int
    begins: str
    ends: str
    kind: str
    title: str
    english: str
    venue: str = ""
    location: str = ""
    hours: str = "0"
    groups: tuple[int, ...] = ALL
    host: str = ""
    is_public: bool = True
    notes: str = ""


ITINERARY = [
    Entry(
        1,
        "08:45",
        "13:50",
        "travel",
        "高铁赴无锡",
        "High-speed train to Wuxi",
        "",
        "北京南、天津南、廊坊三站出发，车上用午餐",
        is_public=False,
        notes="集合时清点身份证。",
    ),
    Entry(1, "15:00", "16:00", "lodging", "入住与领取材料", "Check-in and materials", "湖滨会议中心", "大堂", is_public=False),
    Entry(1, "16:30", "17:50", "ceremony", "开班仪式", "Opening", "湖滨会议中心", "报告厅", "2"),
    Entry(1, "19:00", "20:30", "discussion", "分组见面会", "Groups meet", "湖滨会议中心", "各组活动室", "2", is_public=False),
    Entry(2, "08:00", "08:30", "travel", "乘车", "Coach", "湖滨会议中心", "北门，1号车、2号车", is_public=False),
    Entry(2, "09:00", "11:30", "visit", "随堂听课", "Sitting in on lessons", "无锡市梁溪湾中学", "教学楼", "3", FIRST_COACH, "无锡市梁溪湾中学"),
    Entry(2, "09:00", "11:30", "visit", "随堂听课", "Sitting in on lessons", "无锡市惠山北塘高级中学", "教学楼", "3", SECOND_COACH, "无锡市惠山北塘高级中学"),
    Entry(2, "12:00", "13:00", "meal", "午餐", "Lunch", "", "所在学校食堂", is_public=False, notes="清真餐5份、素食2份，提前一天与学校确认。"),
    Entry(2, "14:00", "16:30", "lecture", "专题报告：学科教研共同体", "Lecture: subject teaching communities", "无锡市梁溪湾中学", "报告厅", "4"),
    Entry(2, "19:00", "20:30", "discussion", "小组研讨", "Group discussion", "湖滨会议中心", "各组活动室", "3", is_public=False),
    Entry(3, "08:00", "08:30", "travel", "乘车", "Coach", "湖滨会议中心", "北门，1号车、2号车", is_public=False),
    Entry(
        3, "09:00", "11:30", "visit", "校园管理观摩", "Observing school management", "无锡市太湖云帆中学", "东门集合", "4", FIRST_COACH, "无锡市太湖云帆中学"
    ),
    Entry(
        3, "09:00", "11:30", "visit", "校园管理观摩", "Observing school management", "无锡市蠡园第一中学", "正门集合", "4", SECOND_COACH, "无锡市蠡园第一中学"
    ),
    Entry(3, "12:00", "13:00", "meal", "午餐", "Lunch", "", "所在学校食堂", is_public=False),
    Entry(
        3,
        "14:30",
        "16:30",
        "discussion",
        "德育工作座谈",
        "Discussion on moral education",
        "无锡市太湖云帆中学",
        "报告厅",
        "3",
        FIRST_COACH,
        "无锡市太湖云帆中学",
    ),
    Entry(
        3, "14:00", "16:00", "performance", "社团课程展示", "Student clubs present", "无锡市蠡园第一中学", "艺术中心", "3", SECOND_COACH, "无锡市蠡园第一中学"
    ),
    Entry(3, "19:00", "20:30", "discussion", "读书分享", "Sharing books", "湖滨会议中心", "图书室", "3", notes="请带一本愿意推荐的书。"),
    Entry(4, "09:00", "11:30", "lecture", "大中小思政一体化观摩", "Civics from primary school to university", "运河公园研学中心", "", "5"),
    Entry(4, "13:30", "16:00", "discussion", "校际结对洽谈", "Schools find partners", "湖滨会议中心", "多功能厅", "5"),
    Entry(4, "16:30", "18:00", "free", "太湖湖畔考察", "Walk along Lake Tai", "", "湖滨步道", is_public=False),
    Entry(4, "19:00", "20:30", "free", "总结材料撰写", "Writing the summaries", "湖滨会议中心", "各组活动室", is_public=False),
    Entry(5, "08:30", "10:30", "discussion", "学访总结会", "Closing session", "湖滨会议中心", "报告厅", "6"),
    Entry(5, "11:00", "12:00", "meal", "午餐与退房", "Lunch and check-out", "湖滨会议中心", "餐厅", is_public=False),
    Entry(5, "13:00", "18:10", "travel", "高铁返程", "Train home", "", "无锡东站，返回北京南、天津南、廊坊", is_public=False),
]
# The officers changed two things on the way: a talk was brought forward, and the walk fell to the rain.
MOVED = ("德育工作座谈", 3, "14:00", "16:30")
CANCELLED = ("太湖湖畔考察", "当日有雨，改为自由活动。")
