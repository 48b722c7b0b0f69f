"""Debian's etcd with the same bytes on the same disk: puts and gets by gRPC without TLS, which h2load can send as fast as they go."""
import os, re, socket, subprocess, time

from measuring.server import cpu, memory


def field(number, data):
    """A field of protobuf that holds bytes."""
    length, rest = b"", len(data)
    while rest > 0x7F:
        length += bytes([rest & 0x7F | 0x80])
        rest >>= 7
    return bytes([number << 3 | 2]) + length + bytes([rest]) + data


def message(data):
    """As gRPC frames it: not compressed, and its length."""
    return b"\0" + len(data).to_bytes(4, "big") + data


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def measure(bench, value):
    client, peer = free_port(), free_port()
    process = subprocess.Popen(
        ["etcd", "--data-dir", bench.path("etcd"), "--listen-client-urls", "http://127.0.0.1:%d" % client,
         "--advertise-client-urls", "http://127.0.0.1:%d" % client, "--listen-peer-urls", "http://127.0.0.1:%d" % peer,
         "--initial-advertise-peer-urls", "http://127.0.0.1:%d" % peer, "--initial-cluster", "default=http://127.0.0.1:%d" % peer,
         "--quota-backend-bytes", str(8 << 30)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "ETCD_UNSUPPORTED_ARCH": ""})
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", client)).close()
                break
            except OSError:
                time.sleep(0.05)

        def load(method, body, connections, requests):
            path = bench.path("etcd-body")
            with open(path, "wb") as f:
                f.write(message(body))
            before = cpu(process.pid)
            said = subprocess.run(
                ["h2load", "-n%d" % requests, "-c%d" % connections, "-m1", "-t1", "-d", path, "-H", "content-type: application/grpc",
                 "-H", "te: trailers", "http://127.0.0.1:%d/etcdserverpb.KV/%s" % (client, method)],
                stdout=subprocess.PIPE, text=True).stdout
            rate = float(re.search(r"([\d.]+) req/s", said)[1])
            failed = int(re.search(r"(\d+) failed", said)[1])
            used = (cpu(process.pid) - before) / requests * 1e6
            return rate, " (%.0f us of processor time each%s)" % (used, ", %d failed" % failed if failed else "")

        key = b"/registry/pods/default/p"
        time.sleep(1)
        wanted = 4000 if bench.quick else 14_000
        rate, note = load("Put", field(1, key) + field(2, value), 64, wanted)
        bench.row("etcd: put of %d bytes, 64 connections, no TLS" % len(value), rate, "/s", note=note)
        rate, note = load("Range", field(1, key), 32, 10_000 if bench.quick else 50_000)
        bench.row("etcd: get of the same, 32 connections, no TLS", rate, "/s", note=note)
        resident, private = memory(process.pid)
        bench.row("etcd: resident then", resident, "MiB", note=" (private %.0f)" % private)
    finally:
        process.terminate()
        process.wait(20)
