"""The API over TLS: reads, durable creates (etcd's puts of the same bytes beside them), lists, and the memory that 14,000 pods take."""
import json, os, shutil, statistics, time

from measuring import etcd
from measuring.server import Server, api_alone, generated, pod, pods
from measuring.wrk import wrk


def fsync(folder):
    """Milliseconds of one fdatasync after appending 64 KiB: what every durable write waits for."""
    took, piece = [], os.urandom(64 << 10)
    path = os.path.join(folder, "fsync")
    with open(path, "wb", buffering=0) as f:
        for _ in range(100):
            f.write(piece)
            begun = time.perf_counter()
            os.fdatasync(f.fileno())
            took.append((time.perf_counter() - begun) * 1000)
    os.remove(path)
    return statistics.median(took)


def measure(bench):
    s = Server(bench, bench.binary, "api", *api_alone)
    s.request("POST", pods, pod)
    rate, note = wrk(s, 32, 20_000 if bench.quick else 200_000, pods + "/p")
    bench.row("GET of one pod over TLS, 32 connections", rate, "/s", 32_000, note=note, least=True)
    bench.row("fdatasync on this disk, after 64 KiB (median)", fsync(bench.folder), "ms", decimals=2)
    wanted, body = 4000 if bench.quick else 14_000, generated(pod)
    what = "durable POST of pods (%d bytes in) over TLS" % len(json.dumps(body))
    rate, note = wrk(s, 64, wanted, pods, body)
    bench.row(what + ", 64 connections", rate, "/s", 8600, note=note, least=True)
    time.sleep(2)
    resident, private = s.memory()
    there = s.json(pods + "?limit=1")["metadata"].get("remainingItemCount", 0) + 1
    stored = s.get(pods + "/p")[1]
    bench.row("memory at %d pods of %d bytes, resident" % (there, len(stored)), resident, "MiB", 152, note=" (private %.0f)" % private)
    took = []
    for i in range(3):
        begun = time.monotonic()
        status, data = s.get("/api/v1/pods?limit=10000")
        took.append(time.monotonic() - begun)
    bench.row("LIST of %d pods, %.0f MB (median of 3)" % (len(json.loads(data)["items"]), len(data) / 1e6), statistics.median(took), "s",
              0.15, decimals=3)
    resident, private = s.memory()
    bench.row("memory after these lists, resident", resident, "MiB", note=" (private %.0f)" % private)
    rate, note = wrk(s, 8, 500 if bench.quick else 2000, pods + "?limit=100")
    bench.row("LIST of 100 pods over TLS, 8 connections", rate, "/s", note=note)
    for connections in (1, 256):
        rate, note = wrk(s, connections, wanted // 20 if connections == 1 else wanted, pods, body)
        bench.row("%s, %d connection%s" % (what, connections, "s" if connections > 1 else ""), rate, "/s", note=note)
    s.stop()
    if shutil.which("etcd") and shutil.which("h2load"):
        etcd.measure(bench, stored)
    else:
        print("  etcd is not measured: apt-get install etcd-server nghttp2-client")
