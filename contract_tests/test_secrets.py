"""Keys and names of other folders: what a client sends stays out of logs, errors and headers."""

from urllib.parse import quote

import httpx
import pytest

from emulator import LiveServer, Settings

SECRET = "q7Zx9Lw2Vb"


@pytest.mark.parametrize(
    "query",
    [
        f"api-key={SECRET}",
        f"api_key={SECRET}&limit=3",
        f"limit=3&API-KEY={SECRET}",
        f"api%2Dkey={SECRET}",
        f"api%5Fkey={SECRET}",
        f"subscription-key={SECRET}",
        f"key={SECRET};limit=3",
        f"Authorization=Bearer%20{SECRET}",
        f"authorization=Bearer+{SECRET}",
        f"sig={SECRET}&se=2026",
        f"token={SECRET}",
        f"access_token={SECRET}",
        f"client_secret={SECRET}",
        f"password={SECRET}",
        f"auth[key]={SECRET}",
        f"url=https%3A%2F%2Fblob.example%2Fa%3Fse%3D2%26sig%3D{SECRET}",
        f"x=sk-proj-{SECRET}",
        f"x=sk%2Dproj%2D{SECRET}",
        f"sk-proj-{SECRET}",
    ],
)
def test_keys_in_a_query_stand_in_no_log(ns, raw, query):
    raw.get(f"/models?{query}")
    (entry,) = ns.requests()
    assert SECRET not in str(entry)
    assert "***" in entry["query"]


def test_the_rest_of_a_query_is_logged_as_it_was_sent(ns, raw):
    raw.get("/models?limit=3&after=&x=%20y&api-version=2024-05-01&key")
    assert ns.requests()[0]["query"] == "limit=3&after=&x=%20y&api-version=2024-05-01&key"


def test_keys_in_a_path_stand_in_no_log(ns, raw):
    raw.get(f"/models/sk-proj-{SECRET}")
    assert SECRET not in str(ns.requests())


@pytest.mark.parametrize(
    "rest", [f"Secret_{SECRET}", f"{SECRET}/x", SECRET.lower() + "." * 60, "..", f" {SECRET}", "ä"]
)
@pytest.mark.parametrize("header", ["Authorization", "api-key"])
def test_a_key_that_names_no_namespace_is_refused_without_being_repeated(ns, rest, header):
    key = f"sk-emu-{rest}".encode("latin-1")
    headers = {header: key if header == "api-key" else b"Bearer " + key, "OpenAI-Beta": "assistants=v2"}
    answer = ns.http.get(f"{ns.url}/v1/models", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_api_key")
    assert SECRET.lower() not in answer.text.lower()


@pytest.mark.parametrize("value", [f"sk-proj-{SECRET}", SECRET, f"Bearer {SECRET}", SECRET.lower() * 9])
def test_a_header_that_names_no_namespace_is_refused_without_being_repeated(ns, value):
    headers = {"x-emulator-namespace": value, "Authorization": "Bearer sk-emu-x", "OpenAI-Beta": "assistants=v2"}
    answer = ns.http.get(f"{ns.url}/v1/models", headers=headers)
    assert answer.status_code == 400
    assert "x-emulator-namespace" in answer.json()["error"]["message"]
    assert SECRET.lower() not in answer.text.lower()


@pytest.mark.parametrize("path", ["/ns/{}/v1/models", "/_emulator/ns/{}", "/_emulator/ns/{}/requests"])
def test_a_path_that_names_no_namespace_is_refused_without_a_key_in_it(ns, path):
    answer = ns.http.get(f"{ns.url}{path.format(f'sk-proj-{SECRET}')}", headers={"Authorization": "Bearer sk-emu-x"})
    assert answer.status_code in (400, 404)
    assert SECRET not in answer.text


def test_a_failure_logs_no_key(caplog, monkeypatch):
    def broken(*args):
        raise LookupError("broken")

    monkeypatch.setattr("emulator.api.app.access.is_over", broken)
    with LiveServer(Settings()) as server, httpx.Client(trust_env=False, timeout=60) as client:
        headers = {"Authorization": f"Bearer sk-{SECRET}", "OpenAI-Beta": "assistants=v2"}
        answer = client.get(f"{server.base_url}/threads/sk-proj-{SECRET}?api-key={SECRET}", headers=headers)
        assert answer.status_code == 500
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "filename, shown",
    [
        ("buoy.png", 'filename="buoy.png"'),
        ("../../x", 'filename="x"'),
        ("..\\..\\x.txt", 'filename="x.txt"'),
        ("/etc/passwd", 'filename="passwd"'),
        ("C:\\temp\\x.txt", 'filename="x.txt"'),
        ("a/..", 'filename="download"'),
        ("a/", 'filename="download"'),
        ("...", 'filename="download"'),
        ('a"b.txt', "filename*=UTF-8''a%22b.txt"),
        ("潮.txt", f"filename*=UTF-8''{quote('潮.txt')}"),
        ("../潮.txt", f"filename*=UTF-8''{quote('潮.txt')}"),
        ("a\u202etxt.exe", 'filename="atxt.exe"'),
        ("a;b.txt", 'filename="a;b.txt"'),
    ],
)
def test_a_file_is_offered_under_the_last_part_of_its_name_and_keeps_the_whole_one(raw, filename, shown):
    form = {"purpose": "user_data"}
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="x"; filename*=utf-8\'\'{quote(filename, safe="")}\r\n\r\n'
    body = head + f'a\r\n--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{form["purpose"]}\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    created = raw.post("/files", content=body.encode(), headers=headers).json()
    assert created["filename"] == filename
    content = raw.get(f"/files/{created['id']}/content")
    assert content.headers["content-disposition"] == f"attachment; {shown}"


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"shorter")])
def test_a_file_whose_bytes_are_gone_is_an_error_and_not_a_broken_connection(tmp_path, damage):
    headers = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
    with (
        LiveServer(Settings(db=tmp_path / "x.db")) as server,
        httpx.Client(trust_env=False, headers=headers, timeout=60) as client,
    ):
        form = {"files": {"file": ("a.txt", b"a tide table")}, "data": {"purpose": "user_data"}}
        file = client.post(f"{server.base_url}/files", **form).json()["id"]
        (blob,) = (tmp_path / "x.db.files").iterdir()
        damage(blob)
        answer = client.get(f"{server.base_url}/files/{file}/content")
        assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
        assert client.get(f"{server.base_url}/files/{file}").status_code == 200
