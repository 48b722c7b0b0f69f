"""How long a start takes: of a new cluster, and with a large store."""
import statistics

from measuring.server import Server, api_alone, generated, pod, pods
from measuring.wrk import wrk


def measure(bench):
    for what, name, more in (("all parts", "all", ()), ("API alone", "api", api_alone)):
        starts = []
        for i in range(3 if bench.quick else 7):
            s = Server(bench, bench.binary, "start-%s-%d" % (name, i), *more)
            starts.append(s.started)
            s.stop()
        bench.row("start of up to /readyz ok, a new cluster, %s (median)" % what, statistics.median(starts) * 1000, "ms", 60)


def measure_large(bench):
    """How a start, memory and requests grow with what is stored."""
    done = 0
    for wanted in (1000, 10_000) if bench.quick else (1000, 10_000, 100_000):
        s = Server(bench, bench.binary, "large", *api_alone)
        rate, note = wrk(s, 64, wanted - done, pods, generated(pod))
        done = wanted
        s.stop()
        s = Server(bench, bench.binary, "large", *api_alone)
        resident, private = s.memory()
        objects = "{:,} pods stored".format(wanted)
        bench.row("%s: the last of their POSTs, 64 connections" % objects, rate, "/s", note=note)
        bench.row("%s: start to /readyz ok" % objects, s.started * 1000, "ms")
        bench.row("%s: resident then" % objects, resident, "MiB", note=" (private %.0f)" % private)
        name = s.json(pods + "?limit=1")["items"][0]["metadata"]["name"]
        rate, note = wrk(s, 32, 5000 if bench.quick else 50_000, "%s/%s" % (pods, name))
        bench.row("%s: GET, 32 connections" % objects, rate, "/s", note=note)
        s.stop()
