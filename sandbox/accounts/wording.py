"""Words of the synthetic notes: Indonesian and English, without markup characters."""

from __future__ import annotations

from random import Random

SENTENCES = (
    "Pelanggan minta penawaran ulang untuk 25 unit sebelum akhir bulan.",
    "Sudah ditelepon dua kali, belum diangkat. Coba lagi besok pagi.",
    "Ibu Sari setuju dengan harga baru, tinggal menunggu tanda tangan direktur.",
    "Alamat pengiriman pindah ke gudang Cikarang, blok C nomor 12.",
    "Pembayaran termin kedua sudah masuk, kuitansi dikirim lewat email.",
    "Komplain soal keterlambatan barang; sudah diteruskan ke tim logistik.",
    "Demo produk dijadwalkan hari Selasa jam 10 bersama tim IT mereka.",
    "Minta perpanjangan kontrak satu tahun, diskon masih dibicarakan.",
    "Kunjungan ke toko lancar, stok tersisa 14 dus, pesan lagi minggu depan.",
    "Calon pelanggan masih membandingkan dengan vendor lain.",
    "Spoke to the purchasing manager, she prefers a yearly invoice.",
    "Customer asked for a call back after the public holiday.",
    "Contract renewal is on track; legal review takes another week.",
    "Left a voicemail and sent the brochure by mail.",
    "They want a discount of 7 percent for prepayment.",
    "The trial ends on Friday, the team seems happy so far.",
    "Payment reminder sent; the finance team promised to settle this week.",
    "Site visit done, photos attached, two meters still missing.",
    "Não há pressa, responder até sexta-feira. Café às 15h.",
    "お世話になっております。見積書を再送してください。",
    "Следующая встреча в среду в офисе клиента.",
    "Cuma mau nanya soal garansi… nanti dikabari lagi ya.",
)

HEADINGS = ("Ringkasan rapat", "Follow up", "Hasil kunjungan", "Next steps", "Catatan penting")

EMOJI = ("👍🏽", "🙏", "👨‍👩‍👧", "🇮🇩", "✅", "🔥", "📞", "☕️")

FIRST_NAMES = (
    "Sari",
    "Budi",
    "Dewi",
    "Agus",
    "Putri",
    "Rizky",
    "Wayan",
    "Ketut",
    "Siti",
    "Joko",
    "Maria",
    "Daniel",
    "Nur",
    "Fajar",
    "Intan",
    "Hendra",
)

LAST_NAMES = (
    "Wijaya",
    "Santoso",
    "Lestari",
    "Pratama",
    "Simanjuntak",
    "Hutapea",
    "Ma'ruf",
    "O'Connor",
    "Tanaka",
    "Nasution",
    "Kusuma",
    "Halim",
)


def sentence(rng: Random) -> str:
    """Return one sentence."""
    return rng.choice(SENTENCES)


def person_name(rng: Random) -> str:
    """Return a first and a last name."""
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
