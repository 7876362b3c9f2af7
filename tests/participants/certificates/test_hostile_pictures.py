"""Logos, seals and signatures of strangers: refused in clear words, or encoded anew with nothing left of what they carried."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from PIL import Image, PngImagePlugin

from exchange.documents import offer_picture
from exchange.transitions import RuleViolation
from participants.certificates import pictures
from participants.certificates.facts import CertificateFacts, Picture
from participants.certificates.rendering import certificate_pdf, fitted
from tests.participants.certificates.making import paper
from tests.participants.certificates.results import drawing
from tests.participants.certificates.test_hostile import does_something, opened, watched

__all__ = ["watched"]  # a fixture
EVIL = b"<script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" width="90" height="90">%s</svg>'
XXE = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG % b"<text>&x;</text>"
LAUGHS = b"<!DOCTYPE svg [<!ENTITY a0 'ha'>%s]>" % b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)) + SVG % b"&a9;"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int = 90, height: int = 90, *chunks: bytes, data: bytes | None = None) -> bytes:
    """Grey, with any chunks before its pixels."""
    pixels = zlib.compress(b"\x00" * ((width + 1) * height)) if data is None else data
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def bomb(megabytes: int) -> bytes:
    return zlib.compress(bytes(megabytes * 1024 * 1024), 9)


def animated(form: str) -> bytes:
    frames = [Image.open(io.BytesIO(drawing(colour=(190, 30, index)))) for index in range(5)]
    out = io.BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:])
    return out.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "svg": (lambda: SVG % b"<rect width='90' height='90'/>", "not_a_picture"),
    "svg that loads": (lambda: SVG % b'<image x:href="http://127.0.0.1:9/x"/><use href="file:///etc/passwd#a"/>', "not_a_picture"),
    "svg with a style sheet": (
        lambda: b'<?xml-stylesheet href="http://127.0.0.1:9/x.css"?>' + SVG % b"<style>@import url(//127.0.0.1:9)</style>",
        "not_a_picture",
    ),
    "svg with script": (lambda: SVG % EVIL, "not_a_picture"),
    "external entity": (lambda: XXE, "not_a_picture"),
    "a billion laughs": (lambda: LAUGHS, "not_a_picture"),
    "html named png": (lambda: b"<!doctype html><title>x</title>" + EVIL, "not_a_picture"),
    "html before a png": (lambda: EVIL + drawing(), "not_a_picture"),
    "pdf": (lambda: b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI(http://127.0.0.1:9)>>>>endobj", "not_a_picture"),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n(/etc/passwd) (r) file", "not_a_picture"),
    "gif": (lambda: animated("GIF"), "not_a_picture"),
    "tiff": (lambda: drawing("TIFF"), "not_a_picture"),
    "bmp": (lambda: drawing("BMP"), "not_a_picture"),
    "icon": (lambda: drawing("ICO"), "not_a_picture"),
    "imagemagick script": (lambda: b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1:9/x.png'\npop graphic-context", "not_a_picture"),
    "cut off": (lambda: drawing()[:400], "not_a_picture"),
    "cut off jpeg": (lambda: drawing("JPEG")[:900], "not_a_picture"),
    "cut off webp": (lambda: drawing("WEBP")[:200], "not_a_picture"),
    "jpeg of nothing": (lambda: b"\xff\xd8\xff\xe0" + bytes(200), "not_a_picture"),
    "no pixels": (lambda: png(0, 0, data=b""), "not_a_picture"),
    "huge and empty": (lambda: png(6000, 6000, data=b""), "picture_too_large"),
    "as wide as can be": (lambda: png(2**31 - 1, 2**31 - 1, data=b""), "picture_too_large"),
    "a thin line of a kilometre": (lambda: png(2**30, 1, data=b""), "picture_too_large"),
    "pixels bomb": (lambda: png(9000, 9000, data=bomb(80)), "picture_too_large"),
    "text bomb": (lambda: png(90, 90, chunk(b"zTXt", b"Comment\x00\x00" + bomb(80))), "not_a_picture"),
    "international text bomb": (lambda: png(90, 90, chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + bomb(80))), "not_a_picture"),
    "profile bomb": (lambda: png(90, 90, chunk(b"iCCP", b"x\x00\x00" + bomb(80))), "not_a_picture"),
    "three megabytes and one": (lambda: drawing() + bytes(pictures.MOST_BYTES), "picture_too_large"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("role", ["logo", "seal"])
def test_what_is_no_picture_is_refused_in_clear_words(name: str, role: str, watched: None) -> None:
    make, code = REFUSED[name]
    content = make()
    opened.clear()
    with pytest.raises(RuleViolation) as refusal:
        pictures.encoded(content, role)
    assert (refusal.value.code, refusal.value.field) == (code, "file") and refusal.value.message
    assert not [path for path in opened if "passwd" in path]


def exif() -> bytes:
    found = Image.Exif()
    found[0x010E], found[0x013B], found[0x8825] = EVIL.decode(), "file:///etc/passwd", {1: "N", 2: (39.0, 54.0, 20.0)}
    return found.tobytes()


def described() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", EVIL.decode())
    texts.add_itxt("XML:com.adobe.xmp", EVIL.decode())
    return drawing(pnginfo=texts)


TAKEN: dict[str, Callable[[], bytes]] = {
    "png and html": lambda: drawing() + b"<html>" + EVIL,
    "png and zip": lambda: drawing() + b"PK\x03\x04" + EVIL * 3 + b"PK\x05\x06" + bytes(18),
    "png and pdf": lambda: drawing() + b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj" + EVIL,
    "png with texts": described,
    "jpeg with exif": lambda: drawing("JPEG", exif=exif()),
    "jpeg with a comment": lambda: drawing("JPEG", comment=EVIL),
    "jpeg with a false profile": lambda: drawing("JPEG", icc_profile=b"\x00" * 128 + EVIL * 400),
    "webp with metadata": lambda: drawing("WEBP", exif=exif(), xmp=EVIL),
    "moving png": lambda: animated("PNG") + EVIL,
    "moving webp": lambda: animated("WEBP") + EVIL,
}


def with_logo(content: bytes, role: str) -> CertificateFacts:
    offer_picture(f"picture:{role}", content)
    return fitted(replace(paper("award"), pictures=(Picture(role, role, 30, 30.0, "left" if role == "logo" else "middle"),)))


@pytest.mark.django_db
@pytest.mark.parametrize("name", TAKEN)
def test_nothing_of_what_a_picture_carries_survives(name: str, watched: None) -> None:
    opened.clear()
    content, width, height = pictures.encoded(TAKEN[name](), "logo" if "moving" in name else "seal")
    assert not [path for path in opened if "passwd" in path]
    assert EVIL not in content and b"passwd" not in content and b"%PDF" not in content and b"PK\x03\x04" not in content
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size, getattr(picture, "n_frames", 1)) == ("PNG", (width, height), 1)
    assert content.endswith(chunk(b"IEND", b"")) and not set(picture.info) - {"transparency"}


def content_of(item: Any) -> bytes:
    return bytes(item.read_raw_bytes() if item.get("/Filter") == pikepdf.Name.CCITTFaxDecode else item.read_bytes())


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["logo", "seal"])
def test_a_paper_with_a_picture_of_a_stranger_carries_nothing_but_its_pixels(role: str, watched: None) -> None:
    content, width, height = pictures.encoded(drawing() + b"%PDF-1.7 /URI(http://127.0.0.1:9)" + EVIL, role)
    pdf = certificate_pdf(with_logo(content, role))
    with pikepdf.open(io.BytesIO(pdf)) as read:
        assert list(read.attachments) == ["certificate.json"]
        assert not [item for item in read.objects if isinstance(item, pikepdf.Dictionary) and does_something(item)]
        found = [item for item in read.objects if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"]
        assert {(item.Width, item.Height) for item in found} == {(width, height)} and len(found) == (1 if role == "logo" else 2)
        assert not any(item.get("/Interpolate") for item in found), "PDF/A forbids it"
        streams: list[Any] = [content_of(item) for item in read.objects if isinstance(item, pikepdf.Stream)]
    assert not [stream for stream in streams if EVIL in stream or b"127.0.0.1:9" in stream]
