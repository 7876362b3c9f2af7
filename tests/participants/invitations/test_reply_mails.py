"""Answers as mail programs write them and people paste them."""

import base64
import quopri
from typing import Any

import pytest

from exchange.transitions import RuleViolation
from participants.invitations.replies import read_replies

LEADER = "ATTENDEE;PARTSTAT=ACCEPTED;CN=林知遥:mailto:Leader@example.cn"


def calendar(*attendees: str, method: str = "REPLY", day: int = 16) -> str:
    zone = ["BEGIN:VTIMEZONE", "TZID:China Standard Time", "BEGIN:STANDARD", "DTSTART:16010101T000000", "TZOFFSETFROM:+0800", "TZOFFSETTO:+0800"]
    event = [*(attendees or (LEADER,)), "COMMENT;LANGUAGE=zh-CN:好的\\, 带两位老师", "UID:a@jjj-exchange", "SUMMARY;LANGUAGE=zh-CN:接受: 校园观摩"]
    times = [f"DTSTART;TZID=China Standard Time:202612{day}T223000", f"DTEND;TZID=China Standard Time:202612{day + 1}T011000"]
    lines = ["BEGIN:VCALENDAR", f"METHOD:{method}", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", *zone, "END:STANDARD", "END:VTIMEZONE"]
    return "\r\n".join([*lines, "BEGIN:VEVENT", *event, *times, "DTSTAMP:20261124T010203Z", "SEQUENCE:2", "END:VEVENT", "END:VCALENDAR", ""])


def mail(charset: str, how: str, body: str, content: str = "text/calendar; method=REPLY") -> str:
    head = 'From: lin@example.cn\r\nSubject: =?gb2312?B?vdPK3A==?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n'
    text = '--b\r\nContent-Type: text/plain; charset="gb2312"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=BD=D3=CA=DC\r\n'
    return f'{head}{text}--b\r\nContent-Type: {content}; charset="{charset}"\r\nContent-Transfer-Encoding: {how}\r\n\r\n{body}\r\n--b--\r\n'


def packed(charset: str = "utf-8") -> str:
    return base64.encodebytes(calendar().encode(charset)).decode()


def printable(charset: str = "utf-8") -> str:
    return quopri.encodestring(calendar().encode(charset)).decode()


MAILS = {
    "Outlook": mail("utf-8", "base64", packed()).encode(),
    "Outlook, its source pasted": mail("utf-8", "base64", packed()).replace("\r\n", "\n").encode(),
    "Google": mail("UTF-8", "quoted-printable", printable()).encode(),
    "Apple": mail("utf-8", "7bit", packed(), "application/octet-stream; name=x.ics").replace("7bit", "base64").encode(),
    "QQ": mail("gb18030", "base64", packed("gb18030")).encode(),
    "163": mail("GBK", "quoted-printable", printable("gbk")).encode(),
    "8bit": mail("gb18030", "8bit", calendar()).encode("gb18030"),
    "8bit, pasted as the browser shows it": mail("gb18030", "8bit", calendar()).encode(),
    "one part with its headers": f"Content-Type: text/calendar; method=REPLY\nContent-Transfer-Encoding: base64\n\n{packed()}".encode(),
    "base64 alone": packed().encode(),
    "words around it": f"各位老师好，答复如下：\n\n{calendar()}\n此致".encode(),
    "quoted": "".join(f"> {line}\n" for line in calendar().split("\r\n")).encode(),
    "an attachment saved with a mark": calendar().encode("utf-8-sig"),
    "an attachment in UTF-16": calendar().encode("utf-16"),
    "the address as EMAIL": calendar('ATTENDEE;EMAIL="leader@example.cn";PARTSTAT=ACCEPTED:/aMTA/principal/').encode(),
    "others who have not answered": calendar("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:other@example.cn", LEADER).encode(),
}


@pytest.mark.parametrize("name", MAILS)
def test_an_answer_is_read_however_it_comes(name: str) -> None:
    (reply,) = read_replies(MAILS[name])
    assert (reply.uid, reply.address, reply.answer, reply.sequence) == ("a@jjj-exchange", "leader@example.cn", "ACCEPTED", 2)
    assert reply.comment == "好的, 带两位老师"


def test_another_time_that_is_asked_for_stands_with_the_answer() -> None:
    (reply,) = read_replies(calendar(LEADER.replace("ACCEPTED", "TENTATIVE"), method="COUNTER", day=17).encode())
    assert (reply.answer, reply.comment) == ("TENTATIVE", "建议改为12月17日 22:30—次日1:10，好的, 带两位老师")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (calendar().replace("END:VCALENDAR", ""), "damaged"),
        (calendar(LEADER, LEADER.replace("Leader", "other")), "no_answer"),  # who of the two?
        (calendar(method="REFRESH"), "no_reply"),
        (mail("utf-8", "base64", "eJ8+Ig==", "application/ms-tnef; name=winmail.dat"), "no_calendar"),
    ],
)
def test_what_cannot_be_read_is_refused(data: Any, code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        read_replies(data.encode())
    assert refusal.value.code == code
