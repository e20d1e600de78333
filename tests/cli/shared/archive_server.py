#!/usr/bin/env python3
"""archive_server.py WHAT COMMAND: runs COMMAND with sh while a server on 127.0.0.1 offers a small archive
of CIFAR-10's form; $URL and $MD5 name it. Exits as COMMAND does. WHAT says what is wrong with it:

    good        nothing: two images a file, all of one colour
    noise       nothing: its images can't be compressed
    moved       it is at another address, to which the server sends on
    to-file     the server sends on to a file of this machine
    absent      the server answers 404
    cut         the connection closes in the middle
    stalled     the server stops in the middle and keeps the connection
    half        its gzip file was cut in the middle before its MD5 was taken
    half-tar    the tar file in it was cut, in a header
    no-archive  it is text
    few         a file of the data set is not in it
    up, dots, absolute, elsewhere, symlink, hardlink, fifo
                one member more that must be refused
"""

import gzip
import hashlib
import io
import os
import random
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = "cifar-10-batches-bin"
NAMES = "airplane automobile bird cat deer dog frog horse ship truck".split()
HOSTILE = {
    "up": ("../evil", tarfile.REGTYPE, ""),
    "dots": (f"{FOLDER}/../../evil", tarfile.REGTYPE, ""),
    "absolute": (f"{os.getcwd()}/evil", tarfile.REGTYPE, ""),
    "elsewhere": (f"{FOLDER}-2/evil", tarfile.REGTYPE, ""),
    "symlink": (f"{FOLDER}/evil", tarfile.SYMTYPE, "../../evil"),
    "hardlink": (f"{FOLDER}/evil", tarfile.LNKTYPE, "../../evil"),
    "fifo": (f"{FOLDER}/evil", tarfile.FIFOTYPE, ""),
}
DONE = threading.Event()


def add(archive, name, data=b"", kind=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.pax_headers = {"comment": "with this a hard link may have data"} if link else {}
    member.type, member.linkname, member.size = kind, link, len(data)
    archive.addfile(member, io.BytesIO(data))


def make_archive(what):
    if what == "no-archive":
        return b"<html>Service unavailable</html>\n" * 40
    colour = random.Random(0).randbytes if what == "noise" else lambda count: bytes(count * [7])
    files = {f"data_batch_{i}.bin": (bytes([i]) + colour(3072)) * 2 for i in range(1, 6)}
    files["test_batch.bin"] = bytes([9] + 3072 * [99]) * 2
    files["batches.meta.txt"] = "".join(name + "\n" for name in NAMES).encode()
    if what == "few":
        del files["data_batch_3.bin"]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        add(archive, FOLDER, kind=tarfile.DIRTYPE)
        for name, data in files.items():
            add(archive, f"{FOLDER}/{name}", data)
        if what in HOSTILE:
            name, kind, link = HOSTILE[what]
            add(archive, name, b"evil" if kind in (tarfile.REGTYPE, tarfile.LNKTYPE) else b"", kind, link)
    plain = packed.getvalue()
    if what == "half-tar":
        plain = plain[: 512 + 100]
    packed = gzip.compress(plain, mtime=0)
    return packed[: len(packed) // 2] if what == "half" else packed


def make_handler(what, body):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def send_on(self, where):
            self.send_response(302)
            self.send_header("Location", where)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self):
            if what == "absent":
                self.send_error(404)
            elif what == "to-file":
                self.send_on("file:///etc/hostname")
            elif what == "moved" and self.path == "/archive.tar.gz":
                self.send_on("/moved.tar.gz")
            else:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if what in ("cut", "stalled") else body)
                if what == "stalled":
                    self.wfile.flush()
                    DONE.wait()

    return Handler


def main():
    what, command = sys.argv[1:]
    body = make_archive(what)
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(what, body))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/archive.tar.gz"
    known = dict(os.environ, URL=url, MD5=hashlib.md5(body).hexdigest())
    status = subprocess.run(["sh", "-c", command], env=known, check=False).returncode
    DONE.set()
    server.shutdown()
    return status


if __name__ == "__main__":
    sys.exit(main())
