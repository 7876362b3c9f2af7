"""What makes our PDFs small changes nothing that a reader sees: fonts, colours, tags, Unicode maps."""

import io
import re
from typing import Any

import pikepdf
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import RecordingPen
from PIL import Image, ImageChops, ImageCms

from exchange import cff_bare, cff_charset, documents, font_subsets, pdf_objects, pdf_pictures, srgb, tag_tree
from exchange.reflow import Unfit

SONG = ("Noto Serif CJK SC", False)


def read_cff(content: bytes) -> CFFFontSet:
    found = CFFFontSet()
    found.decompile(io.BytesIO(content), None)
    return found


def test_a_bare_font_has_the_same_glyphs_under_the_cids_asked_for() -> None:
    source = font_subsets.source(*SONG)
    assert source is not None
    code_points = frozenset(map(ord, "孙㛃AB12一"))
    outlines = cff_charset.table(source.subset(code_points).content, b"CFF ")
    bare = cff_bare.bare(outlines, 0x801)
    assert bare is not None and len(bare) < len(outlines) - 200
    before, after = read_cff(outlines)[0], read_cff(bare)[0]
    assert after.charset == [".notdef", *(f"cid{number:05d}" for number in range(0x801, 0x808))]
    for old, new in zip(before.charset[1:], after.charset[1:], strict=True):
        glyphs = before.CharStrings.getItemAndSelector(old), after.CharStrings.getItemAndSelector(new)
        assert glyphs[0][0].bytecode == glyphs[1][0].bytecode and glyphs[0][1] == glyphs[1][1]
    assert [font.Private.rawDict for font in before.FDArray] == [font.Private.rawDict for font in after.FDArray]
    assert not {"Notice", "FullName", "FamilyName"} & after.rawDict.keys()


@pytest.mark.parametrize("by", [2, 4])
def test_a_coarser_font_has_the_same_outlines_and_widths(by: int) -> None:
    source = font_subsets.source(*SONG)
    assert source is not None
    code_points = frozenset(map(ord, "孙㛃的ABgj12一永龘，。“《"))
    bare, coarser = (source.embeddable(code_points, coarser=step).content for step in (1, by))
    assert len(coarser) < len(bare) - 100
    before, after = read_cff(bare)[0], read_cff(coarser)[0]
    assert after.FontMatrix == [by / 1000, 0, 0, by / 1000, 0, 0] and after.charset == before.charset
    for name in before.charset[1:]:
        fine, coarse = drawn(before.CharStrings[name]), drawn(after.CharStrings[name])
        assert [step for step, _ in fine[1]] == [step for step, _ in coarse[1]]
        moved = [abs(old - by * new) for old, new in zip(points(fine[1]), points(coarse[1]), strict=True)]
        assert max(moved) <= by / 2 and fine[0] == by * coarse[0], name


def drawn(glyph: Any) -> tuple[float, list[Any]]:
    pen = RecordingPen()
    glyph.draw(pen)
    return glyph.width, pen.value


def points(steps: list[Any]) -> list[float]:
    return [number for _, places in steps for place in places for number in place]


def test_fonts_of_one_page_share_a_unicode_map() -> None:
    source = font_subsets.source(*SONG)
    assert source is not None
    first, second = (source.embeddable(frozenset(map(ord, text)), before) for text, before in (("孙㛃", 0x1000), ("王𬍛", 0x1800)))
    written = pdf_objects.to_unicode((first, second)).decode()
    assert re.findall(r"<([0-9a-f]{4})><([0-9a-f]{4})>\[", written) == [("1001", "1002"), ("1801", "1802")]
    assert {char for small in (first, second) for char in small.glyphs} == set("孙㛃王𬍛") and "<d870df5b>" in written
    with pytest.raises(Unfit):
        pdf_objects.to_unicode((first, source.embeddable(frozenset(map(ord, "王")), 0x1000)))


def test_ranges_of_a_unicode_map_stay_within_a_high_byte() -> None:
    assert list(pdf_objects.runs([1, 2, 4, 254, 255, 256, 257])) == [[1, 2], [4], [254, 255], [256, 257]]
    assert list(pdf_objects.runs([])) == []


def test_the_profile_is_srgb() -> None:
    ours, theirs = ImageCms.getOpenProfile(io.BytesIO(srgb.profile())), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert ours.profile.icc_version == 0x04200000 and len(srgb.profile()) == 480
    colours = Image.new("RGB", (64, 64))
    colours.putdata([(index % 16 * 17, index // 16 % 16 * 17, index // 256 * 17) for index in range(4096)])
    changed = ImageCms.profileToProfile(colours, ours, theirs)
    assert changed is not None and max(high for _, high in ImageChops.difference(colours, changed).getextrema()) <= 1


def test_only_tags_that_say_nothing_are_dissolved() -> None:
    body = '<h1>名册</h1><p>一<b>二</b><i style="display: inline-block"></i>三</p><div>四</div><table><tr><th>五</th></tr></table><ul><li>六</li></ul>'
    page = f'<html lang="zh-Hans"><head><title>名册</title></head><body>{body}</body></html>'
    with pikepdf.open(io.BytesIO(documents.render_pdf(page))) as opened:
        before = kinds(opened.Root.StructTreeRoot.K[0])
        tag_tree.simplify(opened)
        root = opened.Root.StructTreeRoot
        after, pieces = kinds(root.K[0]), list(root.ParentTree.Nums[1])
        held = [(number, piece) for number, piece in enumerate(pieces) if number not in list(piece.K)]
    assert {"/H1", "/P", "/Div", "/Table", "/TR", "/TH", "/L", "/LI"} <= set(after)
    assert before.count("/Span") > after.count("/Span") and len(pieces) == 8
    assert not held, "each piece of content leads to the element that holds it"


def kinds(element: pikepdf.Object) -> list[str]:
    found = [str(element.S)]
    for child in element.get("/K", []):
        found += kinds(child) if isinstance(child, pikepdf.Dictionary) else []
    return found


@pytest.mark.parametrize(("colours", "levels", "bits"), [(1, 4, (1, 2)), (3, 2, (2, 1)), (15, 16, (4, 4)), (40, 40, (8, 8))])
def test_pictures_are_packed_without_loss(colours: int, levels: int, bits: tuple[int, int]) -> None:
    size = (37, 11)
    picture = Image.new("RGB", size)
    picture.putdata([(index % colours * 6, 90, 7) for index in range(size[0] * size[1])])
    mask = Image.new("L", size)
    mask.putdata([index % levels * 255 // (levels - 1) for index in range(size[0] * size[1])])
    with pikepdf.new() as opened:
        soft = opened.make_stream(mask.tobytes(), image_entries(size, "/DeviceGray"))
        written = opened.make_stream(picture.tobytes(), image_entries(size, "/DeviceRGB") | {"/SMask": soft})
        pdf_pictures.pack(opened)
        assert (written.BitsPerComponent, soft.BitsPerComponent) == bits and written.Interpolate is soft.Interpolate is False
        assert pikepdf.PdfImage(written).as_pil_image().convert("RGB").tobytes() == picture.tobytes()
        assert unpacked(soft) == mask.tobytes()


def image_entries(size: tuple[int, int], space: str) -> dict[str, Any]:
    name = pikepdf.Name(space)
    return {"/Subtype": pikepdf.Name.Image, "/Width": size[0], "/Height": size[1], "/BitsPerComponent": 8, "/ColorSpace": name, "/Interpolate": True}


def unpacked(mask: pikepdf.Stream) -> bytes:
    if mask.get("/Filter") == pikepdf.Name.CCITTFaxDecode:
        return bytes(pikepdf.PdfImage(mask).as_pil_image().convert("L").tobytes())
    bits, width, content = int(mask.BitsPerComponent), int(mask.Width), mask.read_bytes()
    length = len(content) // int(mask.Height)
    rows = (f"{int.from_bytes(content[start : start + length], 'big'):0{length * 8}b}" for start in range(0, len(content), length))
    return bytes(int(row[at : at + bits], 2) * (255 // (2**bits - 1)) for row in rows for at in range(0, width * bits, bits))
