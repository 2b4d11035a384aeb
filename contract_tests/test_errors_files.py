import json
import socket

import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import assert_refused, json_of, raw_api

PURPOSES = "['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals']"


def missing(name):
    return f"Missing required parameter: '{name}'.", name, "missing_required_parameter"


def test_an_unknown_purpose_is_refused_with_the_recorded_message(ns):
    form = {"data": {"purpose": "world_domination"}, "files": {"file": ("a.txt", b"x")}}
    response = raw_api(ns, None).request("POST", "/files", **form)
    assert_refused(response, 400, f"'world_domination' is not one of {PURPOSES} - 'purpose'", "purpose")
    assert list(response.json()) == ["error", "detail"]


@pytest.mark.parametrize("name, extension", [("Ships.vb", "vb"), ("notes.old.log", "log"), ("table.XLS", "XLS")])
def test_an_unknown_extension_was_refused_for_assistants_in_october_2024(ns, name, extension):
    ns.put(wire="2024-10-28")
    api = raw_api(ns, None)
    response = api.request("POST", "/files", data={"purpose": "assistants"}, files={"file": (name, b"x")})
    listed = (
        '"c", "cpp", "css", "csv", "docx", "gif", "go", "html", "java", "jpeg", "jpg", "js", "json", "md", "pdf", "php", '
        '"pkl", "png", "pptx", "py", "rb", "tar", "tex", "ts", "txt", "webp", "xlsx", "xml", "zip"'
    )
    assert_refused(response, 400, f"Invalid extension {extension}. Supported formats: {listed}")
    assert api.get_json("/files")["data"] == []


def test_other_files_had_any_extension_in_october_2024_too(ns):
    ns.put(wire="2024-10-28")
    api = raw_api(ns, None)
    for name, purpose in (("Ships.vb", "user_data"), ("a.jsonl", "batch"), ("LICENSE", "assistants")):
        assert api.upload(name, b"x", purpose)["filename"] == name
    ns.put(wire="2026-08-25")
    assert api.upload("Ships.vb")["filename"] == "Ships.vb"


@pytest.mark.parametrize("purpose", ["assistants_output", "batch_output", "fine-tune-results", ""])
def test_purposes_of_generated_files_cannot_be_uploaded(ns, purpose):
    form = {"data": {"purpose": purpose}, "files": {"file": ("a.txt", b"x")}}
    response = raw_api(ns, None).request("POST", "/files", **form)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "purpose")


def test_an_upload_needs_a_file_and_a_purpose(ns):
    api = raw_api(ns, None)
    assert_refused(
        api.request("POST", "/files", files={"file": ("a.txt", b"x")}), 400, "'purpose' is a required property"
    )
    assert_refused(
        api.request("POST", "/files", files={"purpose": (None, b"batch")}), 400, "'file' is a required property"
    )
    assert api.get_json("/files")["data"] == []


@pytest.mark.parametrize(
    "body,kind",
    [
        ({"json": {"file": "x"}}, "application/json"),
        ({}, ""),
        ({"data": {"purpose": "batch"}}, "application/x-www-form-urlencoded"),
    ],
)
def test_an_upload_must_be_a_multipart_form(ns, body, kind):
    response = raw_api(ns, None).request("POST", "/files", **body)
    assert response.status_code == 415
    assert response.json()["error"]["message"].startswith(
        f"Invalid Content-Type header ({kind}), expected multipart/form-data."
    )


def test_a_media_type_is_read_whatever_its_capitals(ns):
    body = b'--B\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvision\r\n'
    body += b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nx\r\n--B--\r\n'
    headers = {"content-type": "Multipart/Form-Data; boundary=B"}
    assert raw_api(ns, None).post_json("/files", content=body, headers=headers)["filename"] == "a.png"


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"expires_after": '{"anchor": "created_at", "seconds": 3600}'}, "'expires_after' was"),
        (
            {"expires_after.anchor": "created_at", "expires_after.seconds": "3600"},
            "'expires_after.anchor', 'expires_after.seconds' were",
        ),
    ],
)
def test_an_unknown_form_field_is_refused_and_not_ignored(ns, fields, message):
    api = raw_api(ns, None)
    form = {"data": {"purpose": "batch", **fields}, "files": {"file": ("a.txt", b"x")}}
    assert_refused(api.post("/files", **form), 400, f"Additional properties are not allowed ({message} unexpected)")
    assert api.get_json("/files")["data"] == []


def test_a_file_without_a_name_is_a_field(ns):
    response = raw_api(ns, None).request("POST", "/files", files={"file": (None, b"x"), "purpose": (None, b"batch")})
    assert response.status_code == 400
    assert response.json()["error"] == {
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
    response = raw_api(ns, None).request("POST", "/files", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert list(response.json()["error"]) == ["message", "type", "param", "code"]


def test_a_form_without_a_boundary_is_the_clients_fault(ns):
    headers = {"content-type": "multipart/form-data"}
    response = raw_api(ns, None).request("POST", "/files", content=b"--x", headers=headers)
    assert response.status_code == 400, response.text


# Charsets of Python's own, none of which decodes such a text.
@pytest.mark.parametrize("charset", ["undefined", "punycode", "idna"])
@pytest.mark.parametrize("path", ["/v1/files", "/_emulator/lint"])
def test_a_form_in_a_charset_that_cannot_be_read_is_the_clients_fault(ns, caplog, path, charset):
    content_type = f"multipart/form-data; boundary=xyz; charset={charset}"
    headers = {"content-type": content_type, "authorization": f"Bearer {ns.key}"}
    body = b'--xyz\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nxn--99999999\r\n--xyz--\r\n'
    response = ns.http.post(f"{ns.url}{path}", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert {"message", "type", "param", "code"} <= set(response.json()["error"])
    assert "Traceback" not in caplog.text


def test_two_files_in_one_form_are_refused(ns):
    parts = [("purpose", (None, b"batch")), ("file", ("a.txt", b"x")), ("file", ("b.txt", b"y"))]
    response = raw_api(ns, None).request("POST", "/files", files=parts)
    assert response.status_code == 400
    assert raw_api(ns, None).get_json("/files")["data"] == []


def announce_body(ns, path, size):
    """Announce a body of the given size, send none of it, and return the status and body of the response."""
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


@pytest.mark.parametrize("path_kind, limit", [("/files", 512), ("parts", 64)])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(ns, path_kind, limit):
    upload = {"filename": "a", "purpose": "batch", "bytes": 1, "mime_type": "text/plain"}
    path = (
        path_kind
        if path_kind == "/files"
        else f"/uploads/{raw_api(ns, None).post_json('/uploads', upload)['id']}/parts"
    )
    status, body = announce_body(ns, path, (limit + 2) * 1024 * 1024)
    assert status == 413
    assert body["error"]["message"].startswith("Maximum content size limit (")


def test_an_unknown_file_is_refused_with_the_recorded_message(ns):
    api = raw_api(ns, None)
    for response in (api.get("/files/fake_id"), api.delete("/files/fake_id"), api.get("/files/fake_id/content")):
        assert_refused(response, 404, "No such File object: fake_id", "id")


def test_a_file_of_another_namespace_is_not_found(ns):
    file = raw_api(ns, None).upload()["id"]
    response = raw_api(ns, None).get(f"/files/{file}", headers={"Authorization": "Bearer sk-emu-somewhere-else"})
    assert response.status_code == 404


def test_malformed_json_is_refused(ns):
    api = raw_api(ns)
    for path in ("/vector_stores", "/uploads"):
        for content in (b"{", b"\xff", b"nonsense"):
            response = api.request("POST", path, content=content)
            assert response.status_code == 400
            assert response.json()["error"]["message"].startswith("We could not parse the JSON body of your request.")


@pytest.mark.parametrize("body", [[], "x", 7, True])
def test_json_that_is_not_an_object_is_refused(ns, body):
    for path in ("/vector_stores", "/uploads"):
        response = raw_api(ns).request("POST", path, json=body)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_type")


def test_fields_of_older_wires_are_unknown(ns):
    api = raw_api(ns)
    file = api.upload()["id"]
    message = "Unknown parameter: 'file_ids'."
    assert_refused(
        api.post("/assistants", {"model": MODEL, "file_ids": [file]}), 400, message, "file_ids", "unknown_parameter"
    )
    thread = api.post_json("/threads", {})["id"]
    body = {"role": "user", "content": "x", "file_ids": [file]}
    assert_refused(api.post(f"/threads/{thread}/messages", body), 400, message, "file_ids", "unknown_parameter")
    nested = api.post("/threads/runs", {"assistant_id": "asst_0", "thread": {"messages": [body]}})
    param = "thread.messages[0].file_ids"
    assert_refused(nested, 400, f"Unknown parameter: '{param}'.", param, "unknown_parameter")


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
def test_an_invalid_attachment_is_refused_with_the_reported_message(ns, attachment, message, param, code):
    api = raw_api(ns)
    thread = api.post_json("/threads", {})["id"]
    body = {"role": "user", "content": "x", "attachments": [attachment]}
    assert_refused(api.post(f"/threads/{thread}/messages", body), 400, message, param, code)


def test_another_method_is_not_allowed(ns):
    for method, path in (("PUT", "/files"), ("PATCH", "/vector_stores/vs_0"), ("DELETE", "/uploads")):
        response = raw_api(ns).request(method, path)
        assert response.status_code == 405
        assert response.headers["allow"]


@pytest.mark.parametrize("query, param", [({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"limit": "x"}, "limit"),
                                          ({"order": "up"}, "order"), ({"after": "vs_0"}, "after"), ({"before": "vs_0"}, "before")])  # fmt: skip
def test_an_invalid_list_query_is_refused(ns, query, param):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    batch = api.post_json(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
    for path in (
        "/vector_stores",
        f"/vector_stores/{store}/files",
        f"/vector_stores/{store}/file_batches/{batch}/files",
    ):
        response = api.get(path, params=query)
        assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_unknown_query_parameters_of_lists_are_ignored(ns):
    assert json_of(raw_api(ns).get("/vector_stores", params={"colour": "red", "after": ""}))["data"] == []
    assert json_of(raw_api(ns).get("/files", params={"colour": "red"}))["data"] == []


def test_a_fault_can_affect_files_too(ns):
    ns.fault(
        {"status": 503, "error": {"message": "gone fishing", "type": "server_error"}},
        method="GET",
        path="/files",
        times=1,
    )
    assert raw_api(ns).get("/files").status_code == 503
    assert raw_api(ns).get("/files").status_code == 200
