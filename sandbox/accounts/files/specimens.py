"""Every file that a note may carry: its bytes, the CRM's claims about it, the CDP type by the bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sandbox.accounts.files import ole, plain, recordings
from sandbox.accounts.files.office import docx, pdf, pptx, xlsx
from sandbox.accounts.files.pictures import picture

_PNG = "image/png"
_JPEG = "image/jpeg"
_MP4 = "video/mp4"
_PDF = "application/pdf"
_XLS = "application/vnd.ms-excel"
_DOC = "application/msword"
_OOXML = "application/vnd.openxmlformats-officedocument."
_DOCX = _OOXML + "wordprocessingml.document"
_XLSX = _OOXML + "spreadsheetml.sheet"
_PPTX = _OOXML + "presentationml.presentation"


@dataclass(frozen=True, slots=True)
class Specimen:
    """A file: `file_name` and `content_type` are what the CRM claims, `cdp_type` is the truth."""

    file_name: str
    content_type: str
    cdp_type: str
    content: bytes


@cache
def images() -> tuple[Specimen, ...]:
    """Files of the association `images`."""
    photo = picture("JPEG", width=320, height=240, seed=3, noise=60)
    return (
        Specimen("Foto Toko (1).jpg", _JPEG, "image", photo),
        Specimen("IMG_20210304_101500.jpeg", _JPEG, "image", picture("JPEG", width=160, height=120, seed=2)),
        Specimen("denah gudang.png", _PNG, "image", picture("PNG", width=96, height=64, seed=1)),
        Specimen("logo.gif", "image/gif", "image", picture("GIF", width=64, height=48, seed=4)),
        Specimen(
            "WhatsApp Image.webp", "image/webp", "image", picture("WEBP", width=200, height=150, seed=5)
        ),
        Specimen("titik.png", _PNG, "image", picture("PNG", width=6, height=4, seed=6)),
        # wrong names and claims
        Specimen("Scan KTP.pdf", _PDF, "image", picture("JPEG", width=220, height=140, seed=7)),
        Specimen("foto.jpg", _JPEG, "image", picture("PNG", width=48, height=48, seed=8)),
        Specimen(
            "unduhan", "application/octet-stream", "image", picture("JPEG", width=90, height=90, seed=9)
        ),
    )


@cache
def audios() -> tuple[Specimen, ...]:
    """Files of the association `audios`; some of them are films."""
    return (
        Specimen("rekaman.wav", "audio/x-wav", "voice_note", recordings.wav(seconds=1.5)),
        Specimen("Telepon 12-03.mp3", "audio/mpeg", "voice_note", recordings.mp3(frames=60, title="Telepon")),
        Specimen("voice.mp3", "audio/mpeg", "voice_note", recordings.mp3(frames=24)),
        Specimen("PTT-20210512-WA0001.ogg", "audio/ogg", "voice_note", recordings.ogg_opus(packets=120)),
        Specimen("Memo suara.m4a", "audio/x-m4a", "voice_note", _sound(b"M4A ", 9_000)),
        # the brand of a film, the track and the name of a sound
        Specimen("Recording 7.m4a", "audio/mp4", "voice_note", _sound(b"mp42", 12_000)),
        Specimen("panggilan.mp3", "audio/mpeg", "voice_note", recordings.wav(seconds=1, pitch_hz=880)),
        Specimen("Rekaman layar.mp4", _MP4, "video", _film(30_000)),
        Specimen("demo.webm", "video/webm", "video", recordings.webm(payload_bytes=20_000)),
    )


@cache
def documents() -> tuple[Specimen, ...]:
    """Files of the association `documents`; it takes every allowed type."""
    with_html = plain.csv(rows=40, remark="<html> template", title="Kampanye email")
    return (
        Specimen("Penawaran 2021-03.pdf", _PDF, "pdf", pdf(pages=3, seed=11, padding_bytes=21_000)),
        Specimen("invoice.pdf", _PDF, "pdf", pdf(pages=1, seed=12)),
        Specimen("Daftar Harga.xlsx", _XLSX, "xlsx", xlsx(rows=60, seed=13)),
        Specimen("stok lama.xls", _XLS, "xlsx", ole.xls(sheet_name="Stok", padding_bytes=8_000)),
        Specimen("Kontrak.docx", _DOCX, "doc", docx(paragraphs=30, seed=14)),
        Specimen("Surat Jalan.docx", _DOCX, "doc", docx(paragraphs=12, seed=15, odd_order=True)),
        Specimen("Notulen.doc", _DOC, "doc", ole.doc(padding_bytes=10_000)),
        Specimen("Presentasi.pptx", _PPTX, "doc", pptx(slides=5)),
        Specimen("pelanggan.csv", "text/csv", "doc", plain.csv(rows=80)),
        Specimen("ekspor.csv", "text/csv", "doc", plain.csv(rows=25, separator=";")),
        Specimen("kampanye email.csv", "text/csv", "doc", with_html),
        Specimen("catatan rapat.txt", "text/plain", "doc", plain.txt(paragraphs=30)),
        # wrong names, and what belongs under another association
        Specimen("Invoice 0042.pdf", _PDF, "image", picture("JPEG", width=240, height=170, seed=16)),
        Specimen("peta.png", _PNG, "image", picture("PNG", width=72, height=72, seed=17)),
        Specimen("PO 7781.docx", _DOCX, "pdf", pdf(pages=2, seed=18, padding_bytes=4_000)),
        Specimen("rekap.xls", _XLS, "xlsx", xlsx(rows=25, seed=19)),
        Specimen("video toko.mp4", _MP4, "video", _film(9_000)),
    )


@cache
def large_recording() -> Specimen:
    """More than a megabyte, so that sizes in MB are seen."""
    return Specimen("Rapat lengkap.wav", "audio/wav", "voice_note", recordings.wav(seconds=30, rate=22_050))


@cache
def program() -> Specimen:
    """A Windows program among the documents: never stored."""
    return Specimen("setup.exe", "application/x-msdownload", "", plain.exe(size=4_096))


@cache
def text_as_image() -> Specimen:
    """A text under `images`: impossible for that association."""
    return Specimen("foto depan.jpg", _JPEG, "", plain.txt(paragraphs=12))


@cache
def absent() -> Specimen:
    """A file that the CDN no longer has."""
    return Specimen("hilang.pdf", _PDF, "", b"")


def _sound(brand: bytes, size: int) -> bytes:
    return recordings.iso_media(brand=brand, compatible=b"M4A mp42isom", handler=b"soun", payload_bytes=size)


def _film(size: int) -> bytes:
    return recordings.iso_media(
        brand=b"isom", compatible=b"isomiso2avc1mp41", handler=b"vide", payload_bytes=size
    )


SPECIMENS: dict[str, Callable[[], tuple[Specimen, ...]]] = {
    "images": images,
    "audios": audios,
    "documents": documents,
}
