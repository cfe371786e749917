#!/usr/bin/python3
"""The web server of a campus host: says which host it is, and logs who asked."""

import argparse
import http.server
import json
import socketserver
import sys
import time


class Page(http.server.BaseHTTPRequestHandler):
    """Every path gives the same page, with the host's name in its title."""

    name = ""

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        body = (f"<html><head><title>{self.name}</title></head>"
                f"<body>This is the campus host {self.name}, a real one.</body></html>\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:  # pylint: disable=redefined-builtin
        print(json.dumps({"time": time.time(), "source": self.client_address[0], "request": format % args}), flush=True)


class Server(socketserver.ThreadingTCPServer):
    """http.server's own would ask the DNS for its name, and wait."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, default=80)
    options = parser.parse_args()
    Page.name = options.name
    with Server(("0.0.0.0", options.port), Page) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
