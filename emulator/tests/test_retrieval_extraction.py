import codecs
import json
import subprocess
import sys

import pytest

from emulator.retrieval.extraction import SUPPORTED, SUPPORTED_BY_V1, media_type, read_text
from emulator.retrieval.refusals import InvalidFile, MissingReader, UnsupportedFile
from emulator.tests.documents.make import pdf
from emulator.tests.documents.questions import text_of

CHINESE = "课程作业每周五提交,迟交不计分。"


def test_the_types_are_those_of_the_service():
    assert (
        " ".join(sorted(SUPPORTED)) == "c cpp cs css doc docx go html java js json md pdf php pptx py rb sh tex ts txt"
    )
    assert {"csv"} == SUPPORTED_BY_V1


@pytest.mark.parametrize("extension", sorted((SUPPORTED | SUPPORTED_BY_V1) - {"doc", "docx", "pdf", "pptx"}))
def test_plain_types_are_read_as_they_stand(extension):
    v1 = extension in SUPPORTED_BY_V1
    assert read_text(f"file.{extension.upper()}", b"plain words", v1=v1).strip() == "plain words"
    assert read_text(f"file.{extension}", b"", v1=v1) == ""
    assert media_type(f"file.{extension}") != "application/octet-stream"


@pytest.mark.parametrize(
    "name", ["photo.png", "table.xlsx", "table.csv", "noextension", ".txt", "archive.tar.gz", "x."]
)
def test_other_types_are_refused_as_the_service_did(name):
    with pytest.raises(UnsupportedFile) as refused:
        read_text(name, b"data")
    assert (refused.value.code, refused.value.message) == ("unsupported_file", "The file type is not supported.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_file_of_an_undocumented_type_is_read_if_it_is_unicode(encoding):
    assert read_text("defs.h", "High water is at noon. 潮".encode(encoding)) == "High water is at noon. 潮"
    assert read_text("empty.h", b"") == ""


@pytest.mark.parametrize("data", [bytes(range(256)), b"\x00\x01\x02\x03" * 9, CHINESE.encode("gb18030")])
def test_a_file_of_an_undocumented_type_that_is_no_unicode_is_refused(data):
    with pytest.raises(UnsupportedFile):
        read_text("data.bin", data)


def test_only_documented_types_are_read_where_the_day_says_so():
    with pytest.raises(UnsupportedFile):
        read_text("defs.h", b"text", any_text=False)
    with pytest.raises(UnsupportedFile):
        read_text("defs.h", b"text", v1=True)


def test_old_word_files_are_refused_with_the_emulator_s_own_words():
    with pytest.raises(UnsupportedFile, match=r"^\[emulator\] .*save them as \.docx"):
        read_text("letter.doc", b"\xd0\xcf\x11\xe0")


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk"],
)
def test_chinese_in_any_encoding(encoding):
    assert read_text("notes.txt", (CHINESE * 3).encode(encoding)) == CHINESE * 3


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("Plain ASCII only", "ascii"),
        ("Plain ASCII only", "utf-16-le"),
        ("Plain ASCII only", "utf-16-be"),
        ("Die Größe der Straße überrascht", "latin-1"),
        ("It\u2019s a \u201cnaïve\u201d café", "cp1252"),
        ("返品は七日以内にお願いします。", "shift_jis"),
        ("課程作業每週五提交。", "big5"),
        ("반품은 칠일 이내에 해야 합니다", "euc_kr"),
    ],
)
def test_other_encodings(text, encoding):
    assert read_text("notes.txt", text.encode(encoding)) == text


def test_the_language_may_change_late_in_a_long_file():
    text = "English first. " * 20_000 + "\n" + CHINESE
    assert read_text("notes.md", text.encode("gb18030")) == text


def test_a_few_broken_bytes_do_not_make_utf_8_something_else():
    data = (CHINESE * 20).encode() + b"\xff" + "完".encode()
    assert read_text("notes.txt", data) == CHINESE * 20 + "\ufffd完"


def test_marks_and_line_ends_are_no_part_of_the_text():
    assert read_text("a.txt", codecs.BOM_UTF8 + b"one\r\ntwo\r\n") == "one\ntwo\n"


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, bytes(1000), b"\x7fELF" + b"\x01\x02\x03" * 99]
)
def test_binary_data_is_no_text(data):
    with pytest.raises(InvalidFile) as refused:
        read_text("file.txt", data)
    assert (refused.value.code, refused.value.message) == ("invalid_file", "The file could not be parsed.")


def test_json_shows_its_escaped_letters_and_keeps_its_notation():
    value = {"名": '张三\n"quoted" \\u0041 \u0001', "face": "😀", "path": "C:\\users"}
    text = read_text("a.json", json.dumps(value).encode())
    assert "张三" in text
    assert "😀" in text
    assert json.loads(text) == value


def test_a_lone_surrogate_in_json_stays_as_it_is_written_or_is_replaced():
    read_text("a.json", rb'{"x": "\ud800 and \udc00\ud800"}').encode()


def test_html_shows_what_a_reader_sees():
    text = text_of("returns.html")
    assert text.startswith("Returns and delivery - Café Lumière shop\n")
    assert "refund everything twice" not in text
    assert "never shown" not in text
    assert "Norway\t6\t14.50 €\n" in text + "\n"
    assert "France\t2\t4.90 €\nGermany" in text


@pytest.mark.parametrize(
    "page, text",
    [
        (b"<p>one<p>two<br>three", "one\n\ntwo\nthree"),
        (b"a <b>bold</b>ly\n  wrapped word", "a boldly wrapped word"),
        (b"<pre>def f():\n    pass</pre>", "def f():\npass"),
        (b"<ul><li>x<li>y</ul>", "x\ny"),
        ("<?xml version='1.0' encoding='utf-8'?><p>编码</p>".encode(), "编码"),
        ('<meta charset="gb2312"><p>编码</p>'.encode("gb18030"), "编码"),
        (b'<meta charset="nonsense"><p>ok</p>', "ok"),
        (b"   ", ""),
        (b"<!-- nothing -->", ""),
    ],
)
def test_html_in_all_states(page, text):
    assert read_text("page.html", page) == text


def test_word_files_give_paragraphs_and_tables_in_order():
    text = text_of("lease.docx")
    assert text.index("1. The premises") < text.index("Oyelaran Estates") < text.index("Chimney sweep")
    assert "Snow clearing \tlandlord" in text


def test_slides_give_titles_points_and_notes():
    text = text_of("wind-farm.pptx")
    assert text.index("Budget") < text.index("41 million") < text.index("Ingrid Solheim") < text.index("下一步")


def test_pdfs_join_words_that_a_line_s_end_cut():
    text = text_of("astronomy.pdf")
    assert "aperture decides" in text
    assert text.index("Binoculars") < text.index("Eclipses")


def test_chinese_pdfs_are_read_by_their_unicode_map():
    assert text_of("herbs-zh.pdf").startswith("中药材储存须知\n人参应放在干燥阴凉处")


def test_a_pdf_without_text_is_empty():
    assert read_text("scan.pdf", pdf([[], []])) == ""


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.pptx"])
@pytest.mark.parametrize("data", [b"", b"words", b"%PDF-1.7\n", b"PK\x03\x04", bytes(100)])
def test_files_that_are_not_what_their_name_says_are_invalid(name, data):
    with pytest.raises(InvalidFile) as refused:
        read_text(name, data)
    assert refused.value.message == "The file could not be parsed."


def test_a_type_whose_library_is_missing_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "emulator.retrieval.pdf", None)
    with pytest.raises(MissingReader, match=r"^\[emulator\] reading \.pdf files needs: pip install") as refused:
        read_text("a.pdf", b"%PDF")
    assert refused.value.code == "server_error"


def test_plain_text_needs_no_library():
    script = (
        "import sys\n"
        "from emulator.retrieval.extraction import read_text\n"
        "from emulator.retrieval.ranking import Index\n"
        f"read_text('a.md', {CHINESE.encode()!r}); read_text('a.json', b'{{}}')\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"charset_normalizer", "docx", "lxml", "numpy", "pptx", "pypdf", "pydantic"}
