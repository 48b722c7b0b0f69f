"""From a push or a pod's creation to running programs."""
import json, statistics, time

from measuring.repository import Repository, deployment
from measuring.server import Server, pods


def measure(bench):
    spec = {"terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "host/sleep", "args": ["1000000"]}]}
    web = lambda name: {"%s.yaml" % name: json.dumps(deployment(name, 3, spec))}
    repository = Repository(bench, "small", web("first"))
    s = Server(bench, bench.binary, "pods", "--repo", repository.bare)
    s.line("in sync")

    def running(selector, wanted):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            items = s.json("%s?labelSelector=%s" % (pods, selector))["items"]
            if sum(1 for item in items if item.get("status", {}).get("phase") == "Running") >= wanted:
                return True
            time.sleep(0.002)
        print("    FAILED: %s is not running after 30 s" % selector)

    running("app=first", 3)
    time.sleep(1)
    took = []
    for i in range(2 if bench.quick else 5):
        begun = repository.push(web("app%d" % i))
        running("app=app%d" % i, 3)
        took.append(time.monotonic() - begun)
        time.sleep(0.5)
    bench.row("commit pushed -> its three pods running (median)", statistics.median(took), "s", 1, decimals=2)
    begun_at, seen = [], []
    for i in range(5 if bench.quick else 20):
        # The process itself says when it runs.
        body = {"metadata": {"name": "once%d" % i, "labels": {"once": str(i)}}, "spec": {
            "terminationGracePeriodSeconds": 0, "restartPolicy": "Never",
            "containers": [{"name": "c", "image": "host/sh", "args": ["-c", "date +%s%N; exec sleep 1000000"]}]}}
        asked, begun = time.time(), time.monotonic()
        s.request("POST", pods, body)
        running("once=%d" % i, 1)
        seen.append((time.monotonic() - begun) * 1000)
        text = b""
        while not text.strip().isdigit():
            text = s.get("%s/once%d/log" % (pods, i))[1]
        begun_at.append((int(text) / 1e9 - asked) * 1000)
        s.request("DELETE", "%s/once%d" % (pods, i))
    bench.row("pod create -> its process running (median of %d)" % len(seen), statistics.median(begun_at), "ms", 50,
              note=" (most %.0f)" % max(begun_at))
    bench.row("pod create -> its status says Running (median of %d)" % len(seen), statistics.median(seen), "ms",
              note=" (most %.0f)" % max(seen))
    s.stop()
