import json
import socket

import pytest

from contract_tests.harness import MODEL
from contract_tests.lines import line, refused, shown

PURPOSES = "['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals']"


def missing(name):
    return f"Missing required parameter: '{name}'.", name, "missing_required_parameter"


def test_an_unknown_purpose_is_refused_in_the_recorded_words(ns):
    form = {"data": {"purpose": "world_domination"}, "files": {"file": ("a.txt", b"x")}}
    answer = line(ns, None).ask("POST", "/files", **form)
    refused(answer, 400, f"'world_domination' is not one of {PURPOSES} - 'purpose'", "purpose")
    assert list(answer.json()) == ["error", "detail"]


@pytest.mark.parametrize("purpose", ["assistants_output", "batch_output", "fine-tune-results", ""])
def test_purposes_of_what_the_service_made_cannot_be_uploaded(ns, purpose):
    form = {"data": {"purpose": purpose}, "files": {"file": ("a.txt", b"x")}}
    answer = line(ns, None).ask("POST", "/files", **form)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "purpose")


def test_an_upload_needs_a_file_and_a_purpose(ns):
    ask = line(ns, None)
    refused(ask.ask("POST", "/files", files={"file": ("a.txt", b"x")}), 400, "'purpose' is a required property")
    refused(ask.ask("POST", "/files", files={"purpose": (None, b"batch")}), 400, "'file' is a required property")
    assert ask.read("/files")["data"] == []


@pytest.mark.parametrize(
    "body,kind",
    [
        ({"json": {"file": "x"}}, "application/json"),
        ({}, ""),
        ({"data": {"purpose": "batch"}}, "application/x-www-form-urlencoded"),
    ],
)
def test_an_upload_has_to_be_a_multipart_form(ns, body, kind):
    answer = line(ns, None).ask("POST", "/files", **body)
    assert answer.status_code == 415
    assert answer.json()["error"]["message"].startswith(
        f"Invalid Content-Type header ({kind}), expected multipart/form-data."
    )


def test_a_media_type_is_read_whatever_its_capitals(ns):
    body = b'--B\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvision\r\n'
    body += b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nx\r\n--B--\r\n'
    headers = {"content-type": "Multipart/Form-Data; boundary=B"}
    assert line(ns, None).make("/files", content=body, headers=headers)["filename"] == "a.png"


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"expires_after": '{"anchor": "created_at", "seconds": 3600}'}, "'expires_after' was"),
        (
            {"expires_after.anchor": "created_at", "expires_after.seconds": "3600"},
            "'expires_after.anchor', 'expires_after.seconds' were",
        ),
    ],
)
def test_a_field_that_nobody_knows_is_refused_and_not_passed_over(ns, fields, words):
    ask = line(ns, None)
    sent = {"data": {"purpose": "batch", **fields}, "files": {"file": ("a.txt", b"x")}}
    refused(ask.post("/files", **sent), 400, f"Additional properties are not allowed ({words} unexpected)")
    assert ask.read("/files")["data"] == []


def test_a_file_without_a_name_is_a_field(ns):
    answer = line(ns, None).ask("POST", "/files", files={"file": (None, b"x"), "purpose": (None, b"batch")})
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "The browser (or proxy) sent a request that this server could not understand.",
        "type": "server_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"this is no form",
        b"--xyz\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--xyz--\r\n",
        b"--xyz\r\nnonsense\r\n\r\n",
        b"",
    ],
)
def test_a_broken_form_is_the_clients_fault(ns, body):
    headers = {"content-type": "multipart/form-data; boundary=xyz"}
    answer = line(ns, None).ask("POST", "/files", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["error"]) == ["message", "type", "param", "code"]


def test_a_form_without_a_boundary_is_the_clients_fault(ns):
    headers = {"content-type": "multipart/form-data"}
    answer = line(ns, None).ask("POST", "/files", content=b"--x", headers=headers)
    assert answer.status_code == 400, answer.text


def test_two_files_in_one_form_are_refused(ns):
    parts = [("purpose", (None, b"batch")), ("file", ("a.txt", b"x")), ("file", ("b.txt", b"y"))]
    answer = line(ns, None).ask("POST", "/files", files=parts)
    assert answer.status_code == 400
    assert line(ns, None).read("/files")["data"] == []


def announced(ns, path, size):
    """Announce a body of so many bytes, send none of it, and return the answer."""
    host, _, port = ns.url.removeprefix("http://").partition(":")
    head = (
        f"POST /v1{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {ns.key}\r\ncontent-length: {size}\r\n"
        "content-type: multipart/form-data; boundary=xyz\r\nconnection: close\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=20) as sock:
        sock.sendall(head.encode())
        received = b""
        while piece := sock.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("what, most", [("/files", 512), ("parts", 64)])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(ns, what, most):
    about = {"filename": "a", "purpose": "batch", "bytes": 1, "mime_type": "text/plain"}
    path = what if what == "/files" else f"/uploads/{line(ns, None).make('/uploads', about)['id']}/parts"
    status, body = announced(ns, path, (most + 2) * 1024 * 1024)
    assert status == 413
    assert body["error"]["message"].startswith("Maximum content size limit (")


def test_an_unknown_file_is_refused_in_the_recorded_words(ns):
    ask = line(ns, None)
    for answer in (ask.get("/files/fake_id"), ask.delete("/files/fake_id"), ask.get("/files/fake_id/content")):
        refused(answer, 404, "No such File object: fake_id", "id")


def test_a_file_of_another_namespace_is_not_found(ns):
    file = line(ns, None).upload()["id"]
    answer = line(ns, None).get(f"/files/{file}", headers={"Authorization": "Bearer sk-emu-somewhere-else"})
    assert answer.status_code == 404


def test_what_is_no_json_is_refused(ns):
    ask = line(ns)
    for path in ("/vector_stores", "/uploads"):
        for content in (b"{", b"\xff", b"nonsense"):
            answer = ask.ask("POST", path, content=content)
            assert answer.status_code == 400
            assert answer.json()["error"]["message"].startswith("We could not parse the JSON body of your request.")


@pytest.mark.parametrize("body", [[], "x", 7, True])
def test_json_that_is_no_object_is_refused(ns, body):
    for path in ("/vector_stores", "/uploads"):
        answer = line(ns).ask("POST", path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_type")


def test_fields_of_an_older_day_are_unknown(ns):
    ask = line(ns)
    file = ask.upload()["id"]
    words = "Unknown parameter: 'file_ids'."
    refused(ask.post("/assistants", {"model": MODEL, "file_ids": [file]}), 400, words, "file_ids", "unknown_parameter")
    thread = ask.make("/threads", {})["id"]
    body = {"role": "user", "content": "x", "file_ids": [file]}
    refused(ask.post(f"/threads/{thread}/messages", body), 400, words, "file_ids", "unknown_parameter")
    nested = ask.post("/threads/runs", {"assistant_id": "asst_0", "thread": {"messages": [body]}})
    param = "thread.messages[0].file_ids"
    refused(nested, 400, f"Unknown parameter: '{param}'.", param, "unknown_parameter")


@pytest.mark.parametrize(
    "attachment, message, param, code",
    [
        ({"file_id": "file-0"}, *missing("attachments[0].tools")),
        ({"tools": []}, *missing("attachments[0].file_id")),
        (
            {"file_id": "file-0", "tools": [{"type": "file_search", "file_search": {"max_num_results": 1}}]},
            "Unknown parameter: 'attachments[0].tools[0].file_search'.",
            "attachments[0].tools[0].file_search",
            "unknown_parameter",
        ),
        (
            {"file_id": "file-0", "tools": [{"type": "retrieval"}]},
            "Invalid value: 'retrieval'. Supported values are: 'code_interpreter' and 'file_search'.",
            "attachments[0].tools[0].type",
            "invalid_value",
        ),
    ],
)
def test_an_attachment_that_is_wrong_is_refused_in_the_reported_words(ns, attachment, message, param, code):
    ask = line(ns)
    thread = ask.make("/threads", {})["id"]
    body = {"role": "user", "content": "x", "attachments": [attachment]}
    refused(ask.post(f"/threads/{thread}/messages", body), 400, message, param, code)


def test_another_method_is_not_allowed(ns):
    for method, path in (("PUT", "/files"), ("PATCH", "/vector_stores/vs_0"), ("DELETE", "/uploads")):
        answer = line(ns).ask(method, path)
        assert answer.status_code == 405
        assert answer.headers["allow"]


@pytest.mark.parametrize("query, param", [({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"limit": "x"}, "limit"),
                                          ({"order": "up"}, "order"), ({"after": "vs_0"}, "after"), ({"before": "vs_0"}, "before")])  # fmt: skip
def test_a_list_that_cannot_be_is_refused(ns, query, param):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    batch = ask.make(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
    for path in (
        "/vector_stores",
        f"/vector_stores/{store}/files",
        f"/vector_stores/{store}/file_batches/{batch}/files",
    ):
        answer = ask.get(path, params=query)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_what_a_list_does_not_know_is_ignored(ns):
    assert shown(line(ns).get("/vector_stores", params={"colour": "red", "after": ""}))["data"] == []
    assert shown(line(ns).get("/files", params={"colour": "red"}))["data"] == []


def test_a_fault_can_hit_files_too(ns):
    ns.fault(
        {"status": 503, "error": {"message": "gone fishing", "type": "server_error"}},
        method="GET",
        path="/files",
        times=1,
    )
    assert line(ns).get("/files").status_code == 503
    assert line(ns).get("/files").status_code == 200
