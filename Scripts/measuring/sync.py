"""The GitOps loop over a thousand manifests, and kubectl with the same against the same server."""
import json, os, statistics, subprocess, time

from measuring.repository import Repository, manifests
from measuring.server import Server


def timed(command, environment=None, allowed=(0,)):
    """Seconds a command takes."""
    begun = time.monotonic()
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in allowed:
        print("    FAILED (%d): %s: %s" % (done.returncode, " ".join(command), done.stderr[:300]))
    return time.monotonic() - begun


def recorded(server, commit):
    """The seconds that the Sync says the pass of a commit took. The status is published a moment after the line that says "in sync":
    until then the newest record is of the pass before."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        newest = server.json("/apis/skiff.dev/v1/syncs/default")["status"]["history"][0]
        if newest["commit"] == commit:
            return newest["duration"]
        time.sleep(0.01)
    raise RuntimeError("no pass of commit %s was recorded" % commit)


def measure(bench):
    count = 100 if bench.quick else 1000
    files = manifests("default", count)
    repository = Repository(bench, "repository", files)
    s = Server(bench, bench.binary, "sync", "--repo", repository.bare)
    bench.row("first sync of %d manifests, from /readyz" % count, s.line("in sync") - s.begun - s.started, "s", 0.6, decimals=2)
    # The status of a first sync is committed a moment later.
    time.sleep(3)
    before, seconds = s.cpu(), 4 if bench.quick else 10
    time.sleep(seconds)
    bench.row("processor time while idle", (s.cpu() - before) / seconds * 100, "% of a core", decimals=1)
    resident, private = s.memory()
    bench.row("idle memory with %d objects, resident" % count, resident, "MiB", 56, note=" (private %.0f)" % private)

    def after(change):
        """The pass's own milliseconds after a push, and those from the push."""
        begun = change()
        seen = s.line("in sync", after=begun) - begun
        took = recorded(s, repository.head())
        time.sleep(0.5)
        return took * 1000, seen * 1000

    took, seen = map(statistics.median, zip(*[after(lambda: repository.push({}, "--allow-empty")) for _ in range(5)]))
    bench.row("unchanged pass: a commit with the same files, none is read (median of 5)", took, "ms", 10, decimals=1,
              note=" (%.0f from the push)" % seen)
    changed = json.loads(files["configmaps/c7.yaml"])

    def change(i):
        changed["data"]["k"] = "changed %d" % i
        return repository.push({"configmaps/c7.yaml": json.dumps(changed, indent=1)})

    took, seen = map(statistics.median, zip(*[after(lambda: change(i)) for i in range(5)]))
    bench.row("one-file change: the pass (median of 5)", took, "ms", 50, note=" (%.0f from the push)" % seen, decimals=1)
    bench.row("skiff diff, nothing to do", timed([bench.binary, "diff", "--state-dir", s.state]), "s", 0.3, decimals=2)
    bench.row("skiff plan, nothing to do", timed([bench.binary, "plan", "--state-dir", s.state]), "s", decimals=2)
    # kubectl with the same manifests, in a namespace of its own, against the same server.
    s.request("POST", "/api/v1/namespaces", {"metadata": {"name": "kubectl"}})
    whole = bench.path("kubectl.yaml")
    with open(whole, "w") as f:
        f.write("".join("---\n%s\n" % text for text in manifests("kubectl", count).values()))
    environment = dict(os.environ, KUBECONFIG=os.path.join(s.state, "kubeconfig"))
    apply = ["kubectl", "apply", "--server-side", "--validate=false", "-f", whole]
    bench.row("kubectl apply --server-side of the same, first time", timed(apply, environment), "s", decimals=1)
    bench.row("kubectl apply --server-side of the same, nothing changed", timed(apply, environment), "s", decimals=1)
    bench.row("kubectl diff --server-side of the same", timed(["kubectl", "diff", "--server-side", "-f", whole], environment), "s", decimals=1)
    s.stop()
