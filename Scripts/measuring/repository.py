"""Git repositories of manifests, to be pushed to."""
import json, os, subprocess, time

from measuring.server import pod


def git(where, *command):
    subprocess.run(["git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "init.defaultBranch=main", *command],
                   cwd=where, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Repository:
    """A bare repository and a clone to push from."""

    def __init__(self, workspace, name, files):
        self.bare = workspace.path(name + ".git")
        self.work = workspace.path(name)
        git(workspace.folder, "init", "--bare", self.bare)
        git(workspace.folder, "clone", self.bare, self.work)
        self.push(files)

    def push(self, files, *options):
        """Commits the files; answers when the push began."""
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(self.work, path)), exist_ok=True)
            with open(os.path.join(self.work, path), "w") as f:
                f.write(text)
        git(self.work, "add", ".")
        git(self.work, "commit", "-m", "change", *options)
        begun = time.monotonic()
        git(self.work, "push", "origin", "HEAD")
        return begun

    def head(self):
        """The commit that was pushed last."""
        return subprocess.run(["git", "rev-parse", "HEAD"], cwd=self.work, check=True, capture_output=True, text=True).stdout.strip()


def deployment(name, replicas, spec, **metadata):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, **metadata},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                     "template": {"metadata": {"labels": {"app": name}}, "spec": spec}}}


def manifests(namespace, count):
    """Half Deployments, a quarter Services, a quarter ConfigMaps, a file each; scaled to 0, so that figures are of the manifests and not of
    their pods."""
    files = {}
    for i in range(count // 2):
        files["deployments/d%d.yaml" % i] = json.dumps(
            deployment("d%d" % i, 0, {"containers": pod["spec"]["containers"]}, namespace=namespace), indent=1)
    for i in range(count // 4):
        files["services/s%d.yaml" % i] = json.dumps({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s%d" % i, "namespace": namespace},
            "spec": {"selector": {"app": "d%d" % i}, "ports": [{"port": 80}]}}, indent=1)
        files["configmaps/c%d.yaml" % i] = json.dumps({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c%d" % i, "namespace": namespace},
            "data": {"k": "v" * 200}}, indent=1)
    return files
