"""Which column of a sign-up sheet means what: the header's synonyms."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

# Field → (Chinese title of our own sheet, label, synonyms as sheets write them). The first synonym that equals the cell wins.
FIELDS: dict[str, tuple[str, object, tuple[str, ...]]] = {
    "number": ("序号", _("No."), ("序号", "编号", "no", "no.", "#", "序")),
    "name": (
        "姓名",
        _("name"),
        (
            "姓名",
            "名字",
            "参加人员",
            "参会人员",
            "人员姓名",
            "学生姓名",
            "学生",
            "教师",
            "队员",
            "选手",
            "选手姓名",
            "参赛学生",
            "参赛选手",
            "幼儿姓名",
            "成员姓名",
            "职工姓名",
            "参加人",
            "参加人姓名",
            "姓名及电话",
            "教师姓名",
            "参训人员",
            "参训教师",
            "队员姓名",
            "本人姓名",
            "中文姓名",
            "name",
            "full name",
        ),
    ),
    "gender": ("性别", _("gender"), ("性别", "gender", "sex")),
    "ethnicity": ("民族", _("ethnicity"), ("民族", "族别", "ethnicity", "ethnic group")),
    "birth_on": (
        "出生日期",
        _("date of birth"),
        ("出生日期", "出生年月", "出生年月日", "生日", "出生时间", "出生年月(日)", "生日日期", "date of birth", "birth date", "birthday", "dob"),
    ),
    "national_id": (
        "身份证号",
        _("ID number"),
        (
            "身份证号",
            "身份证号码",
            "身份证",
            "公民身份号码",
            "证件号码",
            "证件号",
            "身份证件号",
            "身份证件号码",
            "居民身份证号",
            "居民身份证号码",
            "身份证信息",
            "有效证件号码",
            "有效证件号",
            "身份证件",
            "证件号码(身份证)",
            "idnumber",
            "id number",
            "id no",
            "id no.",
            "national id",
        ),
    ),
    "district": (
        "所属地区",
        _("district"),
        (
            "所属地区",
            "区县",
            "区",
            "地区",
            "所在区",
            "所在地区",
            "所属区",
            "所属区县",
            "县区",
            "县(市、区)",
            "区(县)",
            "区划",
            "区/县",
            "所在区县",
            "市区县",
            "行政区",
            "district",
            "region",
        ),
    ),
    "unit": (
        "所在单位",
        _("unit"),
        (
            "所在单位",
            "学校/单位",
            "单位",
            "学校",
            "工作单位",
            "单位名称",
            "学校名称",
            "所在学校",
            "所属单位",
            "学校(单位)",
            "单位(学校)",
            "任职单位",
            "就读学校",
            "所属学校",
            "任职学校",
            "任教学校",
            "现工作单位",
            "单位全称",
            "学校全称",
            "所在单位全称",
            "选送单位",
            "推荐单位",
            "参赛学校",
            "派出单位",
            "school",
            "unit",
            "organisation",
            "organization",
        ),
    ),
    "position": ("职务", _("position"), ("职务", "现任职务", "岗位", "职务/岗位", "行政职务", "position", "post")),
    "professional_title": ("职称", _("professional title"), ("职称", "专业技术职务", "技术职称", "professional title", "title")),
    "stage": ("学段", _("stage"), ("学段", "任教学段", "所在学段", "所教学段", "stage", "school stage")),
    "subject": (
        "任教学科",
        _("subject"),
        ("任教学科", "学科", "科目", "任课学科", "教授学科", "所教学科", "任教科目", "教学科目", "所授学科", "任教专业", "subject"),
    ),
    "phone": (
        "手机号码",
        _("mobile"),
        (
            "手机号码",
            "联系电话",
            "手机",
            "手机号",
            "电话",
            "联系方式",
            "移动电话",
            "电话号码",
            "联系手机",
            "本人电话",
            "本人手机",
            "本人联系电话",
            "手机电话",
            "本人手机号",
            "个人电话",
            "教师电话",
            "移动电话号码",
            "phone",
            "mobile",
            "telephone",
            "tel",
        ),
    ),
    "email": ("电子邮箱", _("e-mail"), ("电子邮箱", "邮箱", "电子邮件", "电子信箱", "邮件", "个人邮箱", "邮箱地址", "email", "e-mail", "mail")),
    "role": ("团内角色", _("role"), ("团内角色", "角色", "身份", "团内职务", "参训身份", "队内职务", "参加身份", "人员类别", "role")),
    "group": ("组别", _("group"), ("组别", "分组", "组", "小组", "group")),
    "diet": (
        "饮食要求",
        _("diet"),
        (
            "饮食要求",
            "饮食禁忌",
            "饮食",
            "用餐要求",
            "饮食习惯",
            "餐饮要求",
            "忌口",
            "用餐需求",
            "饮食需求",
            "用餐习惯",
            "饮食偏好",
            "餐饮需求",
            "diet",
            "dietary requirements",
        ),
    ),
    "lodging": ("住宿要求", _("lodging"), ("住宿要求", "住宿", "房型", "住宿安排", "住宿标准", "住宿需求", "房间类型", "房型要求", "lodging", "room")),
    "emergency_contact": ("紧急联系人", _("emergency contact"), ("紧急联系人", "紧急联系人姓名", "应急联系人", "紧急联络人", "emergency contact")),
    "emergency_phone": (
        "紧急联系电话",
        _("emergency phone"),
        (
            "紧急联系电话",
            "紧急联系人电话",
            "紧急联系人手机",
            "应急联系电话",
            "紧急电话",
            "紧急联系方式",
            "紧急联络电话",
            "emergency phone",
            "emergency contact phone",
        ),
    ),
    "memo": ("备注", _("memo"), ("备注", "说明", "其他", "备 注", "memo", "remarks", "remark", "notes", "note")),
    "key": ("行标识", _("row key"), ("行标识", "row key")),  # of our own workbook: says which registration the row is
}
SYNONYMS = {synonym: field for field, (_title, _label, synonyms) in FIELDS.items() for synonym in synonyms}
UNSHOWN = frozenset({"number", "key"})  # columns that say nothing of the person
TITLES = ("正高级教师", "高级教师", "一级教师", "二级教师", "三级教师", "教授", "副教授", "讲师", "未定级")
# What sheets write → the stage. The first word of each line is how our own sheet says it.
STAGES: dict[str, tuple[str, ...]] = {
    "kindergarten": ("幼儿园", "学前", "学前教育", "幼儿"),
    "primary": ("小学", "小学部"),
    "junior": ("初中", "初级中学", "初中部", "中学初中"),
    "senior": ("高中", "普通高中", "高级中学", "普高", "高中部", "中学高中"),
    "vocational": ("中职", "中等职业", "中等职业学校", "职业高中", "职高", "中专", "职业教育"),
    "university": ("大学", "高校", "高等教育", "高等学校", "本科"),
}
STAGE_WORDS = tuple(words[0] for words in STAGES.values())
STAGE_OF = {word: stage for stage, words in STAGES.items() for word in words}
HEADER_NEEDS = frozenset({"name"})
HEADER_SEARCH_ROWS = 15
NO_HEADER = _("No header row found. One row must contain 姓名, 性别 and 身份证号.")


def normal_header(text: str) -> str:
    """A header cell without spaces, line breaks, stars, and explanations in brackets."""
    text = unicodedata.normalize("NFKC", text).strip().lower()
    text = re.sub(r"[\s*_:：]+", " " if re.fullmatch(r"[a-z .\-*:#]+", text) else "", text).strip()
    return text


def field_of(text: str) -> str | None:
    """The field that a header cell names, or None."""
    normal = normal_header(text)
    if normal in SYNONYMS:
        return SYNONYMS[normal]
    bare = re.sub(r"[(\[].*?[)\]]", "", normal).strip()  # 身份证号（18位） → 身份证号
    if bare in SYNONYMS:
        return SYNONYMS[bare]
    chinese = re.sub(r"[a-z][a-z .#]*", "", bare).strip(" /") if re.search("[\u4e00-\u9fff]", bare) else ""  # 姓名 Name → 姓名
    if chinese in SYNONYMS:
        return SYNONYMS[chinese]
    parts = [part for part in re.split(r"[/、|,及和与]", bare) if part]
    return next((SYNONYMS[part] for part in parts if part in SYNONYMS), None)


def title_of(field: str) -> str:
    return FIELDS[field][0]


def label_of(field: str) -> str:
    """The column in the reader's language."""
    return str(FIELDS[field][1])


def stage_word(stage: str) -> str:
    """How the sheet says a stage; "" for one that people do not have."""
    return STAGES[stage][0] if stage in STAGES else ""
