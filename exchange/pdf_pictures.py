"""Pictures of a PDF in as few bits as they need, without loss: few colours as a palette, few levels of a mask in two or four bits,
black and white as a fax (ITU-T T.6), which takes less than half of what Flate does.
"""

import io

import pikepdf

MOST_COLOURS = 256
PACKINGS = (1, 2, 4)  # bits
STRIP_OFFSETS, STRIP_LENGTHS = 273, 279  # tags of TIFF


def pack(opened: pikepdf.Pdf) -> None:
    """Of all pictures with a byte for each channel; and none is smoothed by the reader, which PDF/A forbids (ISO 19005-3, 6.2.8)."""
    for item in opened.objects:
        if not isinstance(item, pikepdf.Stream) or item.get("/Subtype") != pikepdf.Name.Image:
            continue
        item.Interpolate = False
        if item.get("/BitsPerComponent") == 8 and item.get("/ColorSpace") == pikepdf.Name.DeviceGray:
            pack_levels(item)
        elif item.get("/BitsPerComponent") == 8 and item.get("/ColorSpace") == pikepdf.Name.DeviceRGB and "/DCTDecode" not in str(item.get("/Filter")):
            pack_colours(item)


def pack_levels(picture: pikepdf.Stream) -> None:
    levels = picture.read_bytes()
    found = set(levels)
    bits = next((bits for bits in PACKINGS if all(level % step(bits) == 0 for level in found)), None)
    if bits == 1:
        width, height = int(picture.Width), int(picture.Height)
        how = pikepdf.Dictionary(K=-1, Columns=width, Rows=height, BlackIs1=True)
        picture.write(fax(levels, (width, height)), filter=pikepdf.Name.CCITTFaxDecode, decode_parms=how)
        picture.BitsPerComponent = 1
    elif bits is not None:
        packed(picture, levels.translate(bytes(level // step(bits) for level in range(256))), bits)


def fax(levels: bytes, size: tuple[int, int]) -> bytes:
    """Pixels of 0 and 255 as a fax."""
    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("L", size, levels).convert("1", dither=Image.Dither.NONE).save(out, "TIFF", compression="group4", strip_size=size[0] * size[1])
    with Image.open(out) as written:
        start, length = written.tag_v2[STRIP_OFFSETS][0], written.tag_v2[STRIP_LENGTHS][0]
    return out.getvalue()[start : start + length]


def pack_colours(picture: pikepdf.Stream) -> None:
    channels = picture.read_bytes()
    if channels == channels[:3] * (len(channels) // 3):
        palette, pixels = [tuple(channels[:3])], bytes(len(channels) // 3)
    else:
        colours = list(zip(channels[0::3], channels[1::3], channels[2::3], strict=True))
        palette = sorted(set(colours))
        if len(palette) > MOST_COLOURS:
            return
        places = {colour: place for place, colour in enumerate(palette)}
        pixels = bytes(places[colour] for colour in colours)
    bits = next((bits for bits in PACKINGS if len(palette) <= 1 << bits), 8)
    packed(picture, pixels, bits)
    table = bytes(channel for colour in palette for channel in colour)
    picture.ColorSpace = pikepdf.Array([pikepdf.Name.Indexed, pikepdf.Name.DeviceRGB, len(palette) - 1, pikepdf.String(table)])


def step(bits: int) -> int:
    """Between two levels of that many bits."""
    return 255 // ((1 << bits) - 1)


def packed(picture: pikepdf.Stream, values: bytes, bits: int) -> None:
    """Several values to a byte; each row begins with a byte of its own."""
    in_a_byte, width = 8 // bits, int(picture.Width)
    filler = bytes(-width % in_a_byte)
    rows = b"".join(values[start : start + width] + filler for start in range(0, len(values), width))
    whole = sum(int.from_bytes(rows[place::in_a_byte], "big") << bits * (in_a_byte - 1 - place) for place in range(in_a_byte))
    picture.write(whole.to_bytes(len(rows) // in_a_byte, "big"))
    picture.BitsPerComponent = bits
