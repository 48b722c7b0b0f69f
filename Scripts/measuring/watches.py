"""Watches while there are writes: how late events come, and what watchers that never read cost."""
import json, os, subprocess, sys

from measuring.server import Server, api_alone, generated, pod, pods
from measuring.wrk import Load


def measure(bench):
    body = generated(pod)
    body["metadata"]["annotations"] = {**body["metadata"]["annotations"], "sent": "MOMENT"}
    seconds = 3 if bench.quick else 10
    s = Server(bench, bench.binary, "watches", *api_alone)
    s.request("POST", pods, pod)
    before = s.memory()[1]

    def watchers(count, mode):
        version = s.json(pods + "?limit=1")["metadata"]["resourceVersion"]
        started = subprocess.Popen(
            [sys.executable, os.path.join(os.path.dirname(__file__), "watchers.py"), s.host,
             "%s?watch=1&resourceVersion=%s&timeoutSeconds=3000" % (pods, version), str(count), mode],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.stdout.readline()
        return started

    def stored():
        return s.json(pods + "?limit=1")["metadata"].get("remainingItemCount", 0) + 1

    def ended(started):
        said, _ = started.communicate("end\n")
        return json.loads(said)

    for count, rate, connections in ((1000, 20, 4), (20, 1000, 64)):
        watching, there = watchers(count, "reading"), stored()
        reached, failed = Load(s, connections, seconds * rate, pods, body, rate=rate).result()
        private = s.memory()[1]
        seen = ended(watching)
        what = "{:,} watchers at {:,} writes/s".format(count, rate)
        # Of what was written: the load makes a few more than it is told to.
        missing = count * (stored() - there) - seen["events"]
        bench.row(what + ": delay from the request to the event, median", seen["median"], "ms", decimals=1,
                  note=" (99 %% %.0f, most %.0f; %.0f writes/s)" % (seen["most of"], seen["worst"], reached))
        bench.row(what + ": events that did not come", missing, "", 0, note=", %d watches ended" % seen["ended"])
        bench.row(what + ": private memory", private, "MiB", note=" (before: %.0f)" % before)
    wanted = 2000 if bench.quick else 10_000
    alone, _ = Load(s, 64, wanted, pods, body).result()
    before = s.memory()[1]
    idle = watchers(1000, "idle")
    beside, _ = Load(s, 64, wanted, pods, body).result()
    private = s.memory()[1]
    ended(idle)
    bench.row("POSTs beside 1,000 watchers that never read", beside, "/s", note=" (before them %.0f)" % alone)
    bench.row("1,000 watchers that never read: private memory", private, "MiB", note=" (before them %.0f)" % before)
    s.stop()
