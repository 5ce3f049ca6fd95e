"""Office files of the zip kind, and PDF."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from random import Random

import openpyxl

_EPOCH = (2020, 1, 1, 0, 0, 0)
_CORE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
)
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_SLIDES_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"


def zip_archive(members: Mapping[str, bytes | str]) -> bytes:
    """Pack members in the order given, with fixed dates: the same bytes every time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def xlsx(*, rows: int, seed: int) -> bytes:
    """A price list, written by openpyxl and packed again, since that writes the time of day."""
    rng = Random(seed)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Produk", "Jumlah", "Harga"])
    for number in range(rows):
        sheet.append([f"Barang {number + 1}", rng.randrange(1, 90), rng.randrange(5, 900) * 1000])
    raw = io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as archive:
        members: dict[str, bytes | str] = {name: archive.read(name) for name in archive.namelist()}
    # what tells the format apart comes first, as Excel writes it
    first = {"[Content_Types].xml": members.pop("[Content_Types].xml")}
    members["docProps/core.xml"] = _CORE
    return zip_archive(first | members)


def docx(*, paragraphs: int, seed: int, odd_order: bool = False) -> bytes:
    """A letter; `odd_order` packs pictures and styles before what a reader looks for first."""
    noise = Random(seed).randbytes(2048).hex()
    body = "".join(
        f"<w:p><w:r><w:t>Pasal {n + 1} {noise[n : n + 64]}</w:t></w:r></w:p>" for n in range(paragraphs)
    )
    members = _package("word/document.xml", _WORD_TYPE)
    members["word/document.xml"] = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w='
        '"http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>"
    )
    if odd_order:
        front: dict[str, bytes | str] = {
            "word/media/image1.png": noise.encode(),
            "word/styles.xml": "<w:styles/>",
        }
        members = front | dict(reversed(members.items()))
    return zip_archive(members)


def pptx(*, slides: int) -> bytes:
    """A presentation without slide masters, enough to be recognised as one."""
    members = _package("ppt/presentation.xml", _SLIDES_TYPE)
    members["ppt/presentation.xml"] = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><p:presentation xmlns:p='
        '"http://schemas.openxmlformats.org/presentationml/2006/main"/>'
    )
    for number in range(slides):
        members[f"ppt/slides/slide{number + 1}.xml"] = "<p:sld/>" * 40
    return zip_archive(members)


def _package(main_part: str, content_type: str) -> dict[str, bytes | str]:
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return {
        "[Content_Types].xml": (
            f'{declaration}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/{main_part}" ContentType="{content_type}"/></Types>'
        ),
        "_rels/.rels": (
            f"{declaration}<Relationships "
            'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/relationships/officeDocument" '
            f'Target="{main_part}"/></Relationships>'
        ),
    }


def pdf(*, pages: int, seed: int, padding_bytes: int = 0) -> bytes:
    """A PDF 1.4 with a cross-reference table; `padding_bytes` of noise stand for a scan."""
    scan = Random(seed).randbytes(padding_bytes)
    kids = " ".join(f"{4 + n} 0 R" for n in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        f"<< /Length {len(scan)} >>\nstream\n".encode() + scan + b"\nendstream",
    ]
    objects += [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * pages
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + content + b"\nendobj\n")
    start = out.tell()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()
