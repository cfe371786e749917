#!/usr/bin/python3
"""The honeypot's answer on every port that has no service of its own: says which honeypot it is, echoes what
it is sent, byte for byte, and logs each connection as a line of JSON with its true source and destination."""

import argparse
import asyncio
import functools
import json
import resource
import socket
import struct
import sys
import time

SO_ORIGINAL_DST = 80  # linux/netfilter_ipv4.h


def original_port(connection: socket.socket, port: int) -> int:
    """The port before nftables redirected it. The address was not redirected: getsockname has it."""
    try:
        return struct.unpack_from("!H", connection.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16), 2)[0]
    except OSError:
        return port  # came directly


def log(event: str, **details: object) -> None:
    print(json.dumps({"time": round(time.time(), 6), "event": event, **details}), flush=True)


async def serve(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    source = writer.get_extra_info("peername")
    destination = writer.get_extra_info("sockname")
    port = original_port(writer.get_extra_info("socket"), destination[1])
    ends = {"source": f"{source[0]}:{source[1]}", "destination": f"{destination[0]}:{port}"}
    log("open", **ends)
    echoed = 0
    try:
        writer.write(f"{name}: {ends['source']} reached {ends['destination']}\r\n".encode())
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
            echoed += len(data)
    except OSError:
        pass  # the attacker reset the connection
    finally:
        log("close", bytes=echoed, **ends)
        writer.close()


async def listen(name: str, port: int) -> None:
    server = await asyncio.start_server(functools.partial(serve, name), "0.0.0.0", port, backlog=4096)
    log("listening", port=port)
    async with server:
        await server.serve_forever()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=6401)
    parser.add_argument("--name", default="honeypot", help="who it says it is")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(listen(options.name, options.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
