"""A `skiff up` with a state directory of its own, for measuring, and one kept connection to it."""
import http.client, json, os, re, shutil, signal, ssl, subprocess, tempfile, threading, time

# Manifests and bodies of what is measured.
pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "bench", "tier": "backend"},
       "annotations": {"note": "x" * 900}},
       "spec": {"containers": [{"name": "c%d" % i, "image": "registry.example/app/server:v1.2.3", "args": ["--port", "8080", "--verbose"],
                                "env": [{"name": "SETTING_%d" % j, "value": "value-%d" % j} for j in range(4)],
                                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}} for i in range(2)]}}
pods = "/api/v1/namespaces/default/pods"
# The API server alone, and pods that need nothing else.
api_alone = ("--without", "reconciler,controllers,scheduler,node,proxy", "--disable-admission-plugins", "ServiceAccount")


def generated(pod):
    """A body that makes another such pod each time."""
    return {**pod, "metadata": {**pod["metadata"], "name": None, "generateName": "bench-"}}


class Workspace:
    """A folder that goes with all servers that run in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="skiff-measuring-")
        self.tokens = self.path("tokens.csv")
        self.servers = []
        with open(self.tokens, "w") as f:
            f.write('bench,bench,bench-uid,"system:masters"\n')

    def path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in list(self.servers):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Server:
    def __init__(self, workspace, binary, name, *more, under=()):
        """Starts it and waits until it is ready. `under`: a program, with its options, that runs it."""
        self.workspace, self.connection = workspace, None
        self.state = workspace.path(name)
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [*under, binary, "up", "--state-dir", self.state, "--listen", "127.0.0.1:0", "--token-auth-file", workspace.tokens, *more],
            stdout=subprocess.PIPE, stderr=open(workspace.path(name + ".log"), "w"), text=True)
        workspace.servers.append(self)
        first = self.process.stdout.readline().split()
        if len(first) < 2:
            with open(workspace.path(name + ".log")) as f:
                raise SystemExit("%s did not start: %s" % (binary, f.read()[-2000:].strip()))
        self.address = first[1]
        self.host = self.address.split("//")[1]
        while self.get("/readyz")[0] != 200:
            pass
        self.started = time.monotonic() - self.begun
        self.lines = []
        self.arrived = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """Keeps the lines that are printed, with when they came."""
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append((time.monotonic(), line.rstrip()))
                self.arrived.notify_all()

    def line(self, start, after=0, seconds=60):
        """When the first line came that begins so, of those that came after a time."""
        end = time.monotonic() + seconds
        with self.arrived:
            while True:
                for when, text in self.lines:
                    if when >= after and text.startswith(start):
                        return when
                if not self.arrived.wait(max(0, end - time.monotonic())):
                    raise SystemExit("no line '%s…' in %d s; there were: %s" % (start, seconds, self.lines[-5:]))

    def connect(self, seconds=60):
        return http.client.HTTPSConnection(self.host, context=ssl._create_unverified_context(), timeout=seconds)

    def request(self, method, path, body=None, kind="application/json"):
        """Status and body; 0 where the server does not answer."""
        for attempt in range(2):
            try:
                if self.connection is None:
                    self.connection = self.connect()
                self.connection.request(method, path, json.dumps(body) if body is not None else None,
                                        {"Authorization": "Bearer bench", "Content-Type": kind})
                r = self.connection.getresponse()
                return r.status, r.read()
            except (OSError, http.client.HTTPException):
                self.connection = None
        return 0, b""

    def get(self, path):
        return self.request("GET", path)

    def json(self, path):
        return json.loads(self.get(path)[1])

    def memory(self):
        """Resident and private MiB."""
        return memory(self.process.pid)

    def cpu(self):
        """Seconds of processor time so far."""
        return cpu(self.process.pid)

    def stop(self):
        self.workspace.servers.remove(self)
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        if self.connection:
            self.connection.close()


def memory(pid):
    """Resident and private MiB of a process."""
    with open("/proc/%d/smaps_rollup" % pid) as f:
        text = f.read()
    kib = lambda name: sum(int(x) for x in re.findall(r"^%s:\s+(\d+) kB" % name, text, re.M))
    return kib("Rss") / 1024, (kib("Private_Dirty") + kib("Private_Clean")) / 1024


def cpu(pid):
    """Seconds of processor time that a process has used."""
    with open("/proc/%d/stat" % pid) as f:
        parts = f.read().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
