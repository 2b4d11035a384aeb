"""Files made to cost time, memory or secrets. Each test would run out of its time if the guard were missing."""

import zipfile
from contextlib import suppress
from io import BytesIO
from zlib import compress

import pytest

from emulator.retrieval import archives, extraction
from emulator.retrieval import pdf as pdf_reading
from emulator.retrieval.extraction import read_text
from emulator.retrieval.filters import predicate
from emulator.retrieval.refusals import FileTooLarge, InvalidFile
from emulator.retrieval.terms import count_terms, query_terms
from emulator.tests.documents.make import assembled, pdf, stream
from emulator.tests.documents.questions import HERE

pytestmark = pytest.mark.timeout(60)


def rebuilt(name, changes):
    """One of the Office documents with some of its entries changed."""
    out = BytesIO()
    with zipfile.ZipFile(HERE / name) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, changes.pop(entry, None) or old.read(entry))
        for entry, data in changes.items():
            new.writestr(entry, data)
    return out.getvalue()


def body(content, before=""):
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return f'<?xml version="1.0"?>{before}<w:document xmlns:w="{w}"><w:body>{content}</w:body></w:document>'


def test_a_zip_bomb_is_too_large():
    bomb = rebuilt("lease.docx", {"word/document.xml": b" " * 70_000_000})
    assert len(bomb) < 400_000
    with pytest.raises(FileTooLarge) as refused:
        read_text("bomb.docx", bomb)
    assert refused.value.code == "invalid_file"
    assert refused.value.message == "The file could not be parsed because it is too large."


def test_a_bomb_that_is_no_xml_is_too_large_as_well():
    with pytest.raises(FileTooLarge):
        read_text("bomb.pptx", rebuilt("wind-farm.pptx", {"ppt/media/image9.bin": bytes(90_000_000)}))


def test_thousands_of_entries_are_too_large(monkeypatch):
    monkeypatch.setattr(archives, "MAX_ENTRIES", 500)
    with pytest.raises(FileTooLarge):
        read_text("bomb.docx", rebuilt("lease.docx", {f"word/x{n}.bin": b"x" for n in range(501)}))


def test_millions_of_elements_are_too_large_before_they_are_parsed(monkeypatch):
    few = body("<w:p/>" * 1_000 + "<w:p><w:r><w:t>found</w:t></w:r></w:p>")
    assert read_text("long.docx", rebuilt("lease.docx", {"word/document.xml": few})) == "found"
    monkeypatch.setattr("docx.Document", None)  # it is not even opened
    long = rebuilt("lease.docx", {"word/document.xml": body("<w:p/>" * 3_000_000)})
    assert len(long) < 100_000
    with pytest.raises(FileTooLarge):
        read_text("long.docx", long)


def test_an_archive_that_understates_its_sizes_unpacks_no_more():
    bomb = bytearray(rebuilt("lease.docx", {"word/document.xml": b" " * 20_000_000}))
    real = (20_000_000).to_bytes(4, "little")
    assert bomb.count(real) == 2  # the entry and the directory
    with pytest.raises(InvalidFile):
        read_text("bomb.docx", bytes(bomb.replace(real, (100).to_bytes(4, "little"))))


def test_xml_entities_are_not_expanded():
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    xml = body("<w:p><w:r><w:t>before &e9; after</w:t></w:r></w:p>", f'<!DOCTYPE w [<!ENTITY e0 "ha">{levels}]>')
    try:
        text = read_text("laughs.docx", rebuilt("lease.docx", {"word/document.xml": xml}))
    except InvalidFile:
        return
    assert "haha" not in text


def test_files_of_the_host_are_not_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    doctype = f'<!DOCTYPE w [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
    xml = body("<w:p><w:r><w:t>&s;</w:t></w:r></w:p>", doctype)
    notes = xml.replace("w:document", "w:footnotes")
    for changes in ({"word/document.xml": xml}, {"word/document.xml": body("<w:p/>"), "word/footnotes.xml": notes}):
        with suppress(InvalidFile):
            assert "secret" not in read_text("curious.docx", rebuilt("lease.docx", changes))
    page = f'<!DOCTYPE html SYSTEM "{secret.as_uri()}"><iframe src="{secret.as_uri()}"></iframe><p>&s;</p>'
    assert "the secret" not in read_text("curious.html", page.encode())


def test_deep_xml_ends_well():
    xml = body("<w:tbl><w:tr><w:tc>" * 50_000 + "</w:tc></w:tr></w:tbl>" * 50_000)
    with pytest.raises(InvalidFile):
        read_text("deep.docx", rebuilt("lease.docx", {"word/document.xml": xml}))


def test_deep_html_ends_well():
    read_text("deep.html", b"<div><b>" * 200_000 + b"text")
    read_text("deep.html", b"<table><tr><td>" * 50_000)


@pytest.mark.parametrize("piece", [b"<", b"<!", b"<!--", b"<meta ", b"&#", b"<a b='", b"]]>", b"<p>"])
def test_repetitive_html_takes_no_quadratic_time(piece):
    read_text("long.html", piece * 100_000)


@pytest.mark.parametrize("page", [b"<pre>%b", b"<pre>%bx", b"<textarea>x%b</textarea>", b"<p>x</p><pre>%b</pre><p>y"])
def test_a_million_spaces_take_no_quadratic_time(page):
    read_text("spaces.html", page % (b" " * 1_000_000))
    read_text("spaces.html", page % (b"\t\n " * 300_000))


def test_html_of_millions_of_tags_is_too_large():
    with pytest.raises(FileTooLarge):
        read_text("long.html", b"<p>" * 1_000_001)


def test_deep_json_is_only_text():
    text = "[" * 1_000_000 + "]" * 1_000_000
    assert read_text("deep.json", text.encode()) == text


@pytest.mark.parametrize("piece", [rb"\\u", rb"\u12", "\\", "a", "1.", "中", "'"])
def test_repetitive_text_takes_no_quadratic_time(piece):
    data = piece if isinstance(piece, bytes) else piece.encode()
    read_text("long.json", data * 300_000)


def test_piles_of_combining_marks_take_no_quadratic_time():
    piles = "e" + "\u0301\u0323" * 400_000
    assert count_terms(f"cafe {piles}") == count_terms(f"cafe e{piles[1:31]}")
    assert query_terms(f"cafe {piles}") == query_terms(f"cafe e{piles[1:31]}")


def test_marks_that_real_words_have_stay():
    assert count_terms("Việt \u0065\u0302\u0301 ---------------------------------------- é") == count_terms("Viet e e")


def test_the_rest_of_a_query_as_long_as_a_document_is_not_looked_at():
    assert query_terms("alpha beta " * 400_000) == query_terms("alpha beta")


def test_a_filter_of_many_values_takes_no_time_for_each_of_them():
    fits = predicate({"type": "in", "key": "n", "value": list(range(300_000))})
    assert sum(fits({"n": number}) for number in range(300_000, 305_000)) == 0
    assert fits({"n": 299_999})


def test_a_filter_of_too_many_parts_is_refused_before_they_are_looked_at():
    part = {"type": "nonsense"}
    with pytest.raises(ValueError, match="more than 1000 parts"):
        predicate({"type": "and", "filters": [part] * 1_000_000})


def test_more_tokens_than_the_service_took_are_too_large(monkeypatch):
    assert extraction.MAX_TOKENS == 5_000_000
    monkeypatch.setattr(extraction, "MAX_TOKENS", 50_000)
    assert len(read_text("fits.txt", b" a" * 50_000)) == 100_000
    with pytest.raises(FileTooLarge):
        read_text("long.txt", b" a" * 50_001)


def test_more_bytes_than_the_service_took_are_too_large(monkeypatch):
    monkeypatch.setattr(extraction, "MAX_BYTES", 10)
    with pytest.raises(FileTooLarge):
        read_text("long.txt", b"eleven byte")


def test_a_pdf_of_forms_within_forms_comes_to_an_end(monkeypatch):
    monkeypatch.setattr(pdf_reading, "MAX_OPERATORS", 500)
    # Each form draws the next one three times: 3^12 words without the limit.
    depth = 12
    head = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 5 0 R/Resources<</XObject<</X 6 0 R>>>>>>"
    forms = [
        stream(b"/X Do " * 3, f"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {n + 1} 0 R>>>>")
        for n in range(6, 6 + depth)
    ]
    last = stream(b"BT /F 9 Tf (word) Tj ET", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 3 0 R>>>>")
    with pytest.raises(FileTooLarge):
        read_text("forms.pdf", assembled([*head, page, stream(b"/X Do " * 3), *forms, last]))


def test_a_form_that_draws_itself_comes_to_an_end():
    head = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    form = stream(b"/X Do /X Do", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>")
    with suppress(InvalidFile):
        read_text("self.pdf", assembled([*head, page, stream(b"/X Do"), form]))


def test_pages_without_end_come_to_an_end():
    loop = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000000>>"]
    with pytest.raises(InvalidFile):
        read_text("endless.pdf", assembled(loop))


def test_a_pdf_stream_that_unpacks_to_gigabytes_is_left_out():
    head = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    bomb = compress(compress(bytes(300_000_000), 9), 9)
    assert len(bomb) < 10_000
    try:
        text = read_text("bomb.pdf", assembled([*head, page, stream(bomb, "/Filter[/FlateDecode/FlateDecode]")]))
    except InvalidFile:
        return
    assert text == ""


def test_the_work_on_all_pages_together_is_bounded(monkeypatch):
    pages = [[f"page {n}"] for n in range(50)]
    assert "page 49" in read_text("pages.pdf", pdf(pages))
    monkeypatch.setattr(pdf_reading, "MAX_OPERATORS", 200)
    with pytest.raises(FileTooLarge):
        read_text("pages.pdf", pdf(pages))
    monkeypatch.setattr(pdf_reading, "MAX_PAGES", 49)
    with pytest.raises(FileTooLarge):
        read_text("pages.pdf", pdf(pages))


def test_a_pdf_under_a_password_is_invalid():
    from pypdf import PdfReader, PdfWriter

    for password, readable in (("", True), ("secret", False)):
        writer = PdfWriter(PdfReader(BytesIO(pdf([["words within"]]))))
        writer.encrypt(password, "owner", algorithm="RC4-128")
        out = BytesIO()
        writer.write(out)
        if readable:
            assert read_text("open.pdf", out.getvalue()) == "words within"
        else:
            with pytest.raises(InvalidFile):
                read_text("locked.pdf", out.getvalue())


@pytest.mark.parametrize("name", ["lease.docx", "wind-farm.pptx", "astronomy.pdf", "herbs-zh.pdf"])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(name):
    data = (HERE / name).read_bytes()
    for at in range(0, len(data), max(1, len(data) // 40)):
        damaged = bytearray(data)
        damaged[at : at + 8] = b"\xff\x00<&((\\9"
        for candidate in (bytes(damaged), data[:at]):
            with suppress(InvalidFile):
                read_text(name, candidate)
