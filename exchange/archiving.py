"""What makes a PDF fit to be kept for years: colours defined, its data attached, and the claim of PDF/A-3 beside that of PDF/UA."""

import hashlib
import io
from dataclasses import dataclass
from datetime import date
from typing import Any

import pikepdf

from exchange import pdf_pictures, srgb, tag_tree

# ISO 19005-3; conformance A: with tags and Unicode. The last part declares PDF/UA's property, which PDF/A does not know (6.6.2.3).
CLAIM = """<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="3" pdfaid:conformance="A"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description></rdf:RDF>"""

LISTS = ("/ColorSpace", "/Pattern", "/Shading", "/XObject")


@dataclass(frozen=True)
class Attachment:
    """Data that a document carries along, in a form for machines."""

    name: str
    content: bytes
    subtype: str  # such as application/json
    description: str
    modified_on: date


def archived(pdf: bytes, attachment: Attachment) -> bytes:
    """The PDF with output intent, claim and attachment. Equal input gives an equal file."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.Root.OutputIntents = pikepdf.Array([opened.make_indirect(intent(opened))])
        packet = opened.Root.Metadata.read_bytes().decode().replace("</rdf:RDF>", CLAIM)
        opened.Root.Metadata = opened.make_stream(packet.encode(), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
        tag_tree.simplify(opened)
        leave_out_unused(opened)
        pdf_pictures.pack(opened)
        attach(opened, attachment)
        out = io.BytesIO()
        opened.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def intent(opened: pikepdf.Pdf) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(
        Type=pikepdf.Name.OutputIntent,
        S=pikepdf.Name.GTS_PDFA1,
        OutputConditionIdentifier=pikepdf.String("sRGB"),
        Info=pikepdf.String("sRGB IEC 61966-2-1"),
        DestOutputProfile=opened.make_stream(srgb.profile(), N=3),
    )


def leave_out_unused(opened: pikepdf.Pdf) -> None:
    """What WeasyPrint writes into every file, and no page of ours asks for: colour spaces of CSS, empty lists, names of places."""
    for item in opened.objects:
        resources: Any = item.get("/Resources", {}) if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)) else {}
        for key in LISTS:
            if key in resources and all(name.startswith("/lab-") for name in dict(resources[key])):
                del resources[key]
    if "/Names" in opened.Root and "/Dests" in opened.Root.Names:
        del opened.Root.Names["/Dests"]


def attach(opened: pikepdf.Pdf, attachment: Attachment) -> None:
    """Once in the list of embedded files and once among the associated files."""
    parameters = pikepdf.Dictionary(
        Size=len(attachment.content),
        CheckSum=pikepdf.String(hashlib.md5(attachment.content, usedforsecurity=False).digest()),
        ModDate=pikepdf.String(f"D:{attachment.modified_on:%Y%m%d}000000Z"),
    )
    subtype = pikepdf.Name("/" + attachment.subtype)
    file = opened.make_stream(attachment.content, Type=pikepdf.Name.EmbeddedFile, Subtype=subtype, Params=parameters)
    specification = opened.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Filespec,
            F=pikepdf.String(attachment.name),
            UF=pikepdf.String(attachment.name),
            Desc=pikepdf.String(attachment.description),
            AFRelationship=pikepdf.Name.Data,
            EF=pikepdf.Dictionary(F=file, UF=file),
        )
    )
    opened.Root.AF = pikepdf.Array([specification])
    if "/Names" not in opened.Root:
        opened.Root.Names = pikepdf.Dictionary()
    opened.Root.Names.EmbeddedFiles = pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String(attachment.name), specification]))
