"""Seals, signatures and logos: taken in by their content, encoded anew by us, and shown on papers by their fingerprint."""

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from exchange import audit
from exchange.documents import offer_picture
from exchange.pdf_pictures import fax
from exchange.transitions import RuleViolation
from participants.certificates.award_models import PaperPicture, PictureRole
from participants.certificates.facts import CertificateFacts, Picture
from participants.directory.models import Organisation

MOST_BYTES = 3 * 1024 * 1024
MOST_PIXELS = 25_000_000
LEAST_SIDE, KEPT_SIDE = 60, 460  # 460 pixels over 40 mm are 290 to the inch
INK_SIDES, INK_BYTES = (640, 560, 480, 400), 2800  # the largest side with which a picture in one ink takes no more
INK_FROM = 112  # of 255: what covers more is ink, the rest paper
FORMATS = ("PNG", "JPEG", "WEBP")
PAPER_FROM = 200  # where the picture has no transparency of its own, what is lighter becomes paper
COLOURS = 24
SOLID, SAME_INK = 220, 40  # of 255: covers fully; how far a shade may differ


# Taking in ---------------------------------------------------------------------------------------------------------------


def encoded(content: bytes, role: str) -> tuple[bytes, int, int]:
    """The picture as our own PNG: scaled, transparent, without anything else the file carried; and its size.

    Raises RuleViolation "picture_too_large", "not_a_picture", "picture_too_small", "picture_empty".
    """
    from PIL import Image, ImageFile, UnidentifiedImageError

    if len(content) > MOST_BYTES:
        raise RuleViolation("picture_too_large", _("The picture is larger than 3 MB."), field="file")
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint sets it for the whole process: half a picture would pass
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            picture = opened.convert("RGBA")
    except Image.DecompressionBombError as error:
        raise RuleViolation("picture_too_large", _("The picture has more than 25 million pixels."), field="file") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise RuleViolation("not_a_picture", _("This is not a PNG, JPEG or WebP picture."), field="file") from error
    return _written(_trimmed(_transparent(picture) if role != PictureRole.LOGO else picture), role)


def _transparent(picture: Any) -> Any:
    """White paper around the ink becomes transparent; a picture that is transparent already stays as it is."""
    from PIL import Image, ImageChops

    if picture.getchannel("A").getextrema()[0] < 250:
        return picture
    red, green, blue, _alpha = picture.split()
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    ink = darkest.point([min(255, max(0, (PAPER_FROM - value) * 255 // (PAPER_FROM - 90))) for value in range(256)])
    return Image.merge("RGBA", (red, green, blue, ink))


def _trimmed(picture: Any) -> Any:
    box = picture.getchannel("A").point(lambda value: 255 if value > 8 else 0).getbbox()
    if box is None:
        raise RuleViolation("picture_empty", _("Nothing but white paper is left of this picture. Scan it darker."), field="file")
    picture = picture.crop(box)
    if max(picture.size) < LEAST_SIDE:
        raise RuleViolation("picture_too_small", _("The picture is smaller than %(side)s pixels.") % {"side": LEAST_SIDE}, field="file")
    return picture


def _written(picture: Any, role: str) -> tuple[bytes, int, int]:
    """As PNG: what has one ink (a stamp, a pen) in black and white with that ink, other pictures in few colours."""
    ink = _ink(picture) if role != PictureRole.LOGO else None
    few = _in_colours(picture) if ink is None else _in_ink(picture.getchannel("A"), ink)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue(), few.width, few.height


def _in_colours(picture: Any) -> Any:
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE))
    few = picture.quantize(COLOURS, method=2).convert("RGB")
    alpha = picture.getchannel("A").point([round(value * 15 / 255) * 17 for value in range(256)])
    if alpha.getextrema()[0] < 255:
        few.putalpha(alpha)
    return few


def _in_ink(cover: Any, ink: tuple[int, int, int]) -> Any:
    """Ink or no ink, 400 to the inch; coarser where a grainy scan would take too many bytes."""
    from PIL import Image

    for side in INK_SIDES:
        mask = _mask(cover, side)
        if len(fax(mask.tobytes(), mask.size)) <= INK_BYTES:
            break
    plain = Image.new("RGB", mask.size, ink)
    plain.putalpha(mask)
    return plain


def _mask(cover: Any, side: int) -> Any:
    from PIL import ImageFilter, ImageOps

    smooth = ImageOps.contain(cover, (side, side)).filter(ImageFilter.MedianFilter(3))
    return smooth.point([255 if value >= INK_FROM else 0 for value in range(256)])


def _ink(picture: Any) -> tuple[int, int, int] | None:
    """The colour of a stamp or a pen: what covers fully has one shade, more or less. None for a picture in several colours."""
    from PIL import ImageStat

    covered = picture.getchannel("A").point(lambda value: 255 if value >= SOLID else 0)
    if covered.getbbox() is None:
        return None
    seen = ImageStat.Stat(picture.convert("RGB"), covered)
    if max(seen.stddev) > SAME_INK:
        return None
    red, green, blue = seen.median
    return red, green, blue


@transaction.atomic
def add(*, organisation: Organisation, role: str, name: str, content: bytes, by: Any) -> PaperPicture:
    """Keep a picture of an office. Raises the same as `encoded`."""
    png, width, height = encoded(content, role)
    picture = PaperPicture.objects.create(
        organisation=organisation,
        role=role,
        name=name,
        content=png,  # type: ignore[misc]  # the field takes bytes
        sha256=hashlib.sha256(png).hexdigest(),
        width=width,
        height=height,
        created_by=by,
    )
    audit.record("paper_picture.add", picture, by=by, changes={"role": [None, role]})
    return picture


@transaction.atomic
def retire(*, picture: PaperPicture, by: Any, now: datetime) -> PaperPicture:
    """Take a picture out of use; papers that carry it can still be printed again. Raises RuleViolation "already_retired"."""
    picture = PaperPicture.objects.select_for_update().get(pk=picture.pk)
    if picture.retired_at is not None:
        raise RuleViolation("already_retired", _("This picture is out of use already."))
    picture.retired_at = now
    picture.save(update_fields=["retired_at"])
    audit.record("paper_picture.retire", picture, by=by)
    return picture


# On the paper ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A picture as a template places it."""

    address: str
    place: str
    style: str


def shown(facts: CertificateFacts) -> dict[str, Shown]:
    """The pictures of a paper by their role, made available to the typesetter."""
    return {picture.role: Shown(_offered(picture), picture.place, style_of(picture, facts.paper)) for picture in facts.pictures}


def _offered(picture: Picture) -> str:
    address = f"picture:{picture.sha256}"
    kept = PaperPicture.objects.filter(sha256=picture.sha256).first()
    if kept is not None:
        offer_picture(address, bytes(kept.content))  # type: ignore[arg-type]  # the field gives bytes
    return address


def style_of(picture: Picture, design: str) -> str:
    if picture.role != PictureRole.SEAL:
        return f"width: {picture.width_mm}mm"
    return f"width: {picture.width_mm}mm; {seal_position(picture, design)}"


def seal_position(picture: Picture, design: str) -> str:
    """Over issuer and date the seal covers both lines (骑年盖月); where those begin at the left, it sits on their right end."""
    width, height = picture.width_mm, picture.height_mm
    if picture.place == "left":
        return f"left: 0; top: 50%; margin: {-height / 2 - 3:.1f}mm 0 0 {-width * 0.6:.1f}mm"
    across = "100%" if design == "award" else "50%"
    aside = 7 if design == "award" else 0
    higher = -4 if picture.place == "low" else 3
    return f"left: {across}; top: 50%; margin: {-height / 2 - higher:.1f}mm 0 0 {-width / 2 - aside:.1f}mm"
