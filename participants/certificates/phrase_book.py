"""The words of our own, for papers whose office wrote none. Raise facts.WORDING when one of them changes, and keep the old ones."""

from participants.certificates.facts import Texts

# Title, text, closing line; then the same in English. Kind and design, or kind alone.
CERTIFY = "This is to certify that {name}[ of {unit}] "
HONOURED = "特颁此证，以资鼓励。"
BOOK: dict[tuple[str, str], Texts] = {
    ("participation", "honour"): Texts(
        "荣誉证书", "{您}参加{活动}，表现优秀。", HONOURED, "Certificate of honour", CERTIFY + "took part in {program} ({dates}) with distinction."
    ),
    ("participation", "award"): Texts(
        "奖状",
        "{您}在本次活动中认真准备，积极展示，表现突出。特发此状，以资鼓励。",
        "",
        "Award",
        CERTIFY + "took part in {program} ({dates}) with distinction.",
    ),
    ("participation", ""): Texts(
        "参与证书",
        "{您}于{日期}参加“{活动}”，认真投入，表现良好。",
        "特发此证。",
        "Certificate of participation",
        CERTIFY + "took part in {program} ({dates}).",
    ),
    ("completion", "hours"): Texts(
        "学时证明",
        "兹证明{姓名}[（身份证号末四位{证件末四位}）]，{单位}{职务}，于{日期}参加{活动}，出勤符合要求[，计{学时}学时]。",
        "",
        "Statement of credit hours",
        CERTIFY + "attended {program} ({dates}) as required[ and earned {hours} credit hours].",
    ),
    ("completion", ""): Texts(
        "结业证书",
        "{您}于{日期}参加“{活动}”，完成{次数}次课程与活动[，计{学时}学时]，考核合格，准予结业。",
        "特发此证。",
        "Certificate of completion",
        CERTIFY + "has completed {program} ({dates}), attending {sessions} sessions[ and earning {hours} credit hours].",
    ),
    ("award", "award"): Texts(
        "奖状",
        "{您}[的作品《{作品}》]获得{组别}{奖项}。[成员：{成员}。][指导教师：{指导教师}。]{寄语}",
        "",
        "Award",
        "{name}[ of {unit}] has been awarded {award}[ ({category})][ for “{work}”] at {program}.[ Members: {members}.][ Instructors: {instructors}.]",
    ),
    ("award", ""): Texts(
        "荣誉证书",
        "{您}[的《{作品}》]在{活动}中荣获{组别}{奖项}。[成员：{成员}。][指导教师：{指导教师}。]",
        HONOURED,
        "Certificate of honour",
        "{name}[ of {unit}] has been awarded {award}[ ({category})][ for “{work}”] at {program}.[ Members: {members}.][ Instructors: {instructors}.]",
    ),
    ("organiser", ""): Texts(
        "荣誉证书",
        "{您}在{活动}的组织工作中表现突出，荣获{奖项}。",
        HONOURED,
        "Certificate of honour",
        "{name} has received the {award} for its part in organising {program} ({dates}).",
    ),
    ("instructor", ""): Texts(
        "荣誉证书",
        "{您}[指导的作品《{作品}》]在{活动}中荣获{奖项}。",
        HONOURED,
        "Certificate of honour",
        "{name}[ of {unit}] has received the {award} at {program} ({dates})[ as instructor of “{work}”].",
    ),
    ("performance", ""): Texts(
        "展演证书",
        "{您}[演出的《{作品}》]在{活动}中成功展演[，荣获{组别}{奖项}]。[指导教师：{指导教师}。]",
        HONOURED,
        "Certificate of performance",
        "{name}[ of {unit}] performed[ “{work}”] at {program} ({dates})[ and was awarded {award}].[ Instructors: {instructors}.]",
    ),
    ("work", ""): Texts(
        "入选证书",
        "{您}的作品《{作品}》入选本次展览[，获得{组别}{奖项}]。[指导教师：{指导教师}。]{寄语}",
        "",
        "Certificate of exhibition",
        "“{work}” by {name}[ of {unit}] was exhibited at {program} ({dates})[ and was awarded {award}].[ Instructors: {instructors}.]",
    ),
}


def texts_for(kind: str, design: str) -> Texts:
    """Our own words for a kind of paper in a design."""
    return BOOK.get((kind, design)) or BOOK[kind, ""]
