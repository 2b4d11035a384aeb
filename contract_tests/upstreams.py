"""Another server, which requests are passed on to: it notes what it is asked, and answers as a test says."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Upstream(ThreadingHTTPServer):
    """Another server, which notes what it is asked. answer: what it does, given its handler.

    take: what it does with a POST, whose body it then reads itself.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.forget()

    def forget(self):
        """Begin anew."""
        self.connections = 0
        self.asked = []
        self.answer = lambda handler: handler.reply(b"{}")
        self.take = None
        self.was_asked = threading.Event()
        self.left = threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self._thread.join()
        self.server_close()

    def get_request(self):
        self.connections += 1
        return super().get_request()

    def handle_error(self, request, address):
        """Say nothing of clients that have gone."""

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_any(self):
        if self.server.take and self.command == "POST":
            self.server.take(self)
            return
        is_chunked = self.headers.get("transfer-encoding") == "chunked"
        body = self.read_chunks() if is_chunked else self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append((self.command, self.path, list(self.headers.items()), body))
        self.server.was_asked.set()
        self.server.answer(self)

    def __getattr__(self, name):
        """Answer every method alike."""
        if name.startswith("do_"):
            return self.do_any
        raise AttributeError(name)

    def read_chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def reply(self, body, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def begin_stream(self, media_type="text/event-stream"):
        """Begin an answer in chunks; `send_chunk` sends one, and an empty one ends it."""
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send_chunk(self, data=b""):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, *args):
        pass
