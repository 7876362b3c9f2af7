"""The small print of a paper in the language it speaks. Papers in both languages keep the Chinese, whose numbers and tables they share."""

CHINESE = {
    "house": "京津冀教育交流",
    "ring": "签发单位印章",
    "seal": "印章",
    "signature": "签名",
    "logo": "标志",
    "number": "编号",
    "code": "核验码",
    "scan": "扫码核验",
    "scan_or_type": "扫码或输入核验码",
    "scan_or_open": "扫码或打开核验页，输入核验码",
    "number_later": "编号于签发时生成",
    "code_later": "核验码于签发时生成",
    "number_and_code_later": "编号与核验码于签发时生成",
    "date": "日期",
    "content": "内容",
    "attendance": "考勤",
    "hours": "学时",
    "total": "合计",
    "foot": "本证明由签到记录汇总，经主办方核对后签发，以核验页为准。",
}
ENGLISH = {
    "house": "Beijing–Tianjin–Hebei Education Exchange",
    "ring": "Seal of the issuer",
    "seal": "Seal",
    "signature": "Signature",
    "logo": "Logo",
    "number": "No.",
    "code": "Code",
    "scan": "Scan to verify",
    "scan_or_type": "Scan, or type the code",
    "scan_or_open": "Scan to verify, or type the code",
    "number_later": "The number is given at issue",
    "code_later": "The code is made at issue",
    "number_and_code_later": "Number and code are made at issue",
    "date": "Date",
    "attendance": "Attendance",
    "hours": "Hours",
    "total": "Total",
    "foot": "Compiled from check-in records and confirmed by the organiser. The verification page decides where paper and file differ.",
}
BOTH = CHINESE | {
    "scan": "扫码核验 Scan to verify",
    "scan_or_type": "扫码或输入核验码 Scan to verify",
    "number": "编号 No.",
    "code": "核验码 Code",
    "date": "日期 Date",
    "content": "内容 Content",
    "attendance": "考勤 State",
    "hours": "学时 h",
    "total": "合计 Total",
}
STATES = {"出席": "Present", "迟到": "Late", "请假": "On leave", "缺席": "Absent"}


def labels_of(language: str) -> dict[str, str]:
    return {"zh": CHINESE, "en": ENGLISH, "both": BOTH}[language]
