#!/usr/bin/python3
"""A web server on port 80 of every address, which says who asked whom: web.py NAME."""

import socketserver
import sys
from http.server import BaseHTTPRequestHandler

LONG = 2 << 20


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # pylint: disable=invalid-name
        asked = self.connection.getsockname()[0]
        body = f"{sys.argv[1]}: {self.client_address[0]} asked {asked}\n".encode()
        if self.path == "/long":
            body = b"x" * LONG
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # pylint: disable=redefined-builtin
        print(self.client_address[0], format % args, flush=True)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server(("0.0.0.0", 80), Answer) as server:
        print("listens", flush=True)
        server.serve_forever()
