"""Files: what they say, where they are used, and that their bytes are never a page."""

import io
import re

import docx
import pytest

from contract_tests.inspector.thread_steps import Browser, texts
from emulator.control.inspector import passages

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@pytest.fixture
def browser(ns):
    browser = Browser(ns)
    yield browser
    browser.close()


@pytest.fixture
def upload(client):
    def upload_file(name, data, purpose="assistants"):
        return client.files.create(file=(name, data), purpose=purpose).id

    return upload_file


def test_a_text_is_shown_with_its_lines(upload, browser):
    file = upload("notes.txt", b"one <b>\ntwo\n")
    page = browser.page(f"/files/{file}")
    assert 'id="L1"' in page
    assert 'id="L2"' in page
    assert "one &lt;b&gt;" in page
    assert "2 lines" in page
    assert "<dd>assistants</dd>" in page


def test_the_passage_that_is_cited_is_marked_wherever_it_stands(upload, browser):
    lines = "".join(f"line {n}\n" for n in range(1, 3_001))
    page = browser.page(f"/files/{upload('long.txt', lines.encode())}?quote=line+2500%0Aline++2501")
    assert re.search(r'id="L2500">.*<mark id="quote">line 2500</mark>', page)
    assert re.search(r'id="L2501">.*<mark>line 2501</mark>', page)
    assert page.count("<mark") == 2
    assert 'id="L1"' not in page
    earlier = re.search(r'rel="prev" href="[^"]*(/files/[^"]+)"', page)[1]
    assert 'id="L2479"' in browser.page(earlier)


def test_a_passage_that_is_not_there_is_said(upload, browser):
    page = browser.page(f"/files/{upload('notes.txt', b'one')}?quote=%3Cscript%3E")
    assert "The passage that is cited is not in this text: <script>" in texts(page)
    assert "<script" not in page


def test_one_long_line_is_shown_in_pieces():
    shown = passages.passage("x" * 1_000_000 + "needle" + "y" * 1_000_000, None, "needle")
    assert len(shown.lines) <= passages.MOST_LINES
    assert "".join(line.marked for line in shown.lines) == "needle"
    assert all(len(line.before) + len(line.after) <= 2_000 for line in shown.lines)


@pytest.mark.parametrize("text", ["", "\n", "a", "a\n", "a\n\nb", "\n\n"])
def test_lines_are_counted_as_editors_do(text):
    shown = passages.passage(text, None, "")
    assert "\n".join(line.before for line in shown.lines) == text.removesuffix("\n")
    assert [line.number for line in shown.lines] == list(range(1, shown.count + 1))


def test_an_image_is_shown_as_one_by_its_bytes(upload, browser):
    photo = upload("photo.txt", PNG, "vision")
    assert f'/files/{photo}/image" alt="photo.txt"' in browser.page(f"/files/{photo}")
    response = browser.get(f"/files/{photo}/image")
    assert response.content == PNG
    assert response.headers["content-type"] == "image/png"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"


HOSTILE = {
    "page.html": b"<script>alert(1)</script>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "page.png": b"<html>no image</html>",
    'a"b\r\nSet-Cookie: x=1.txt': b"x",
    "../../etc/passwd": b"x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_is_ever_a_page(upload, browser, name):
    file = upload(name, HOSTILE[name], "user_data")
    browser.get(f"/files/{file}/image", status=404)
    response = browser.get(f"/files/{file}/download")
    assert response.content == HOSTILE[name]
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert "/" not in response.headers["content-disposition"]
    assert "set-cookie" not in response.headers
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    page = browser.page(f"/files/{file}")
    assert not re.search(r"<(script|svg|html)\b", page)


def test_bytes_that_are_no_text_are_offered_for_download(upload, browser):
    page = browser.page(f"/files/{upload('data.bin', bytes(range(256)), 'user_data')}")
    assert "neither text nor an image" in page
    assert "/download" in page


def test_a_file_says_which_stores_hold_it(client, upload, browser):
    file = upload("notes.txt", b"The tide comes at noon. " * 400)
    store = client.vector_stores.create(name="tides <b>", file_ids=[file])
    client.vector_stores.files.list(store.id)
    page = texts(browser.page(f"/files/{file}"))
    assert re.search(rf"{store.id} tides <b> completed [2-9] ", page)


def test_what_was_read_from_a_document_is_its_text(client, upload, browser):
    file = upload("notes.docx", _document("The tide comes at noon."))
    store = client.vector_stores.create(file_ids=[file])
    client.vector_stores.files.retrieve(file, vector_store_id=store.id)
    page = browser.page(f"/files/{file}?quote=tide+comes")
    assert "Text that was read from it" in page
    assert '<mark id="quote">tide comes</mark>' in page


def _document(text):
    document = docx.Document()
    document.add_paragraph(text)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def test_a_file_that_has_expired_is_shown_and_not_removed(frozen, client, browser):
    expires = {"anchor": "created_at", "seconds": 3_600}
    file = client.files.create(file=("notes.txt", b"x"), purpose="user_data", expires_after=expires)
    frozen.advance("2h")
    for _ in range(2):
        assert "notes.txt (expired)" in texts(browser.page("/files"))
    assert "Expired" in browser.page(f"/files/{file.id}")


def test_files_are_listed_newest_first_fifty_at_once(upload, browser):
    made = [upload(f"file {n}.txt", b"x") for n in range(55)]
    page = browser.page("/files")
    assert re.findall(r"<td><code>([^<]+)</code>", page) == made[:4:-1]
    older = browser.page(re.search(r'rel="next" href="[^"]*(/files\?[^"]+)"', page)[1])
    assert re.findall(r"<td><code>([^<]+)</code>", older) == made[4::-1]


def test_a_file_that_is_not_there_is_a_page_that_says_so(client, browser):
    client.models.list()
    for path in ("", "/image", "/download"):
        assert "No file found with id 'file-never'" in texts(browser.page(f"/files/file-never{path}", status=404))


def test_keys_in_a_file_are_not_shown(upload, browser):
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    assert key not in browser.page(f"/files/{upload('env.txt', f'KEY={key}'.encode())}")
