"""Writes the documents of this folder that are not plain text. Run it after changing one: python make.py."""

from collections.abc import Sequence
from pathlib import Path
from zlib import compress

HERE = Path(__file__).parent

LEASE = {
    "Lease of the workshop at Canal Street 14": [],
    "1. The premises": [
        (
            "The landlord, Oyelaran Estates, lets to the tenant the workshop on the ground floor with 180 square metres, two parking"
            " places and the use of the yard. The cellar is not included."
        )
    ],
    "2. Rent": [
        (
            "The rent is 2,450 euros a month and is due on the third working day. It rises once a year with the consumer price index."
            " Late payment costs five per cent interest a year."
        )
    ],
    "3. Deposit": [
        "The tenant pays a deposit of three months' rent. It is paid back with interest six months after moving out."
    ],
    "4. Repairs": [
        (
            "The landlord keeps the roof, the walls and the heating in order. Small repairs up to 150 euros are paid by the tenant."
            " Burst pipes must be reported to the caretaker, Mr Delacroix, at any hour."
        )
    ],
    "5. Use": ["Welding and spray painting are allowed between 7:00 and 20:00. Subletting needs a written consent."],
    "6. Animals": ["Dogs may be kept if the neighbors do not object. Reptiles are not allowed."],
    "7. End of the lease": [
        "Either side may end the lease with six months' notice to the end of a quarter, by registered letter."
    ],
}
SERVICES = [
    ("Service", "Who pays"),
    ("Snow clearing", "landlord"),
    ("Chimney sweep", "tenant"),
    ("Lift", "not present"),
]

SLIDES = [
    ("Harbour wind farm: status", ["Twelve turbines stand, four are missing", "Grid connection planned for September"], ""),
    ("Budget", ["Spent so far: 41 million", "Foundations were 8 per cent dearer than planned"], "Ask Ingrid Solheim about the steel price."),
    ("Risks", ["The crane ship is free only until June", "Porpoises: no piling from April to May"], "The permit may be withdrawn if the noise limit of 160 decibels is broken."),
    ("下一步", ["五月完成海底电缆铺设", "六月开始调试三号风机"], "电缆由青岛厂家供应。"),
]  # fmt: skip

ASTRONOMY = [
    [
        "Observing the night sky", "",
        "Chapter 1. Binoculars", "A pair of 7x50 binoculars is the best first instrument. It shows the moons of",
        "Jupiter, the craters of our own Moon and hundreds of star clusters. Brace your", "elbows, or use a tripod, to keep the picture still.",
    ],
    [
        "Chapter 2. Telescopes", "A reflector collects light with a mirror, a refractor with a lens. The aper-",
        "ture decides how faint a star you can see, the focal length how large it looks.", "Mirrors must be collimated after each transport.",
    ],
    [
        "Chapter 3. Variable stars", "Delta Cephei changes its brightness every 5.37 days. Henrietta Leavitt found in",
        "1912 that slower Cepheids are brighter, which made them milestones for measuring", "the distance of galaxies.",
    ],
    [
        "Chapter 4. Eclipses", "Never look at the Sun without a filter of density 5. During totality, and only",
        "then, the filter may come off: the corona is no brighter than the full Moon.", "The next total eclipse over Iceland was predicted for 12 August 2026.",
    ],
    [
        "Chapter 5. Photographing", "Start with exposures of fifteen seconds at ISO 1600 and a wide lens. Longer ones",
        "need a mount that follows the rotation of the Earth, or the stars become streaks.",
    ],
]  # fmt: skip
HERBS_ZH = [
    "中药材储存须知",
    "人参应放在干燥阴凉处,防止虫蛀。",
    "枸杞容易受潮变黑,宜密封冷藏。",
    "当归含挥发油,不可在阳光下曝晒。",
]


def pdf(pages: Sequence[Sequence[str]], *, unicode: bool = False) -> bytes:
    """A PDF by hand. unicode: glyphs are numbered by their code points, and a ToUnicode map says so."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    fonts = 4 + 2 * len(pages)
    if unicode:
        font = f"<</Type/Font/Subtype/Type0/BaseFont/None/Encoding/Identity-H/DescendantFonts[{fonts} 0 R]/ToUnicode {fonts + 1} 0 R>>"
    else:
        font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        font.encode(),
    ]
    for n, lines in enumerate(pages):
        texts = (f"<{line.encode('utf-16-be').hex()}>" if unicode else f"({line})" for line in lines)
        content = compress(
            ("BT /F1 11 Tf 14 TL 60 780 Td " + " ".join(f"{line} Tj T*" for line in texts) + " ET").encode("cp1252")
        )
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {5 + 2 * n} 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
        objects += [page.encode(), stream(content, "/Filter/FlateDecode")]
    if unicode:
        ranges = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        codes = sorted({ord(c) for lines in pages for line in lines for c in line})
        ranges += (
            b"%d beginbfchar\n" % len(codes)
            + b"".join(b"<%04x> <%04x>\n" % (c, c) for c in codes)
            + b"endbfchar endcmap end end"
        )
        info = "<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        objects += [f"<</Type/Font/Subtype/CIDFontType2/BaseFont/None/CIDSystemInfo{info}>>".encode(), stream(ranges)]
    return assembled(objects)


def stream(content: bytes, more: str = "") -> bytes:
    return f"<</Length {len(content)}{more}>>stream\n".encode() + content + b"\nendstream"


def assembled(objects: Sequence[bytes]) -> bytes:
    """Objects 1, 2, 3, … as a file, the first of them the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out) + end % (len(objects) + 1, table, len(objects) + 1, len(out))


def write_lease(path: Path) -> None:
    from docx import Document

    document = Document()
    for heading, paragraphs in LEASE.items():
        document.add_heading(heading, level=2)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    table = document.add_table(rows=0, cols=2)
    for service in SERVICES:
        for cell, text in zip(table.add_row().cells, service, strict=True):
            cell.text = text
    document.save(str(path))


def write_slides(path: Path) -> None:
    from pptx import Presentation

    show = Presentation()
    for title, points, notes in SLIDES:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(points)
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    show.save(str(path))


def main() -> None:
    write_lease(HERE / "lease.docx")
    write_slides(HERE / "wind-farm.pptx")
    (HERE / "astronomy.pdf").write_bytes(pdf(ASTRONOMY))
    (HERE / "herbs-zh.pdf").write_bytes(pdf([HERBS_ZH], unicode=True))


if __name__ == "__main__":
    main()
