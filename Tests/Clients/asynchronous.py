"""PyPI's `kr8s`: what a program does with it, end to end. Prints one line per thing that held; ends with a traceback if not."""
import asyncio
import contextlib

import httpx
import kr8s
from kr8s.asyncio.objects import ConfigMap, Deployment, Namespace, Pod, Service, new_class

space = "asynchronous"


def pod(name, script):
    return {"metadata": {"name": name, "namespace": space, "labels": {"app": name}}, "spec": {
        "terminationGracePeriodSeconds": 1, "containers": [{"name": "main", "image": "host/python3", "args": ["-c", script]}]}}


server = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "5"); self.end_headers(); self.wfile.write(b"hello")
    def log_message(self, *arguments): pass
print("up", flush=True)
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""


async def main():
    api = await kr8s.asyncio.api()
    assert (await api.version())["major"] == "1"
    assert (await api.whoami()) == "kubernetes-admin"
    kinds = {resource["kind"] async for resource in listed(api)}
    assert {"Pod", "Deployment", "CustomResourceDefinition"} <= kinds, kinds
    namespace = await Namespace({"metadata": {"name": space}})
    await namespace.create()
    print("discovery held")

    data = await ConfigMap({"metadata": {"name": "c", "namespace": space, "labels": {"a": "b"}}, "data": {"x": "1"}})
    await data.create()
    with contextlib.suppress(kr8s.ServerError):
        await data.create()
        raise AssertionError("it was made twice")
    await data.patch({"data": {"y": "2"}})
    await data.patch([{"op": "remove", "path": "/data/x"}], type="json")
    await data.label(more="yes")
    await data.annotate(note="kept")
    await data.refresh()
    assert data.raw["data"] == {"y": "2"} and data.labels["more"] == "yes" and data.annotations["note"] == "kept"
    found = [item.name async for item in kr8s.asyncio.get("configmaps", namespace=space, label_selector={"a": "b"})]
    assert found == ["c"], found
    await data.delete()
    await data.wait("delete", timeout=60)
    assert not await data.exists()
    print("objects held")

    web = await Deployment({"metadata": {"name": "web", "namespace": space}, "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod("web", server)["spec"]}}})
    await web.create()
    await web.scale(2)
    await web.wait("condition=Available", timeout=90)
    pods = await web.pods()
    assert len(pods) == 2, pods
    service = await Service({"metadata": {"name": "web", "namespace": space}, "spec": {
        "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8000}]}})
    await service.create()
    assert len(await service.ready_pods()) == 2
    print("workloads held")

    one = await Pod(pod("one", server))
    await one.create()
    await one.wait("condition=Ready", timeout=90)
    async for line in one.logs(follow=True):
        assert line == "up", line
        break
    done = await one.exec(["sh", "-c", "echo out; echo err >&2"])
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 0), done
    failed = await one.exec(["sh", "-c", "exit 3"], check=False)
    assert failed.returncode == 3, failed
    async with one.portforward(8000) as port:
        async with httpx.AsyncClient() as client:
            for _ in range(3):
                assert (await client.get(f"http://127.0.0.1:{port}/")).text == "hello"
    print("streams held")

    listens = asyncio.Event()

    async def watching():
        async for kind, item in api.watch("pods", namespace=space, field_selector="metadata.name=one"):
            listens.set()
            if kind == "DELETED":
                return item.name

    watcher = asyncio.create_task(watching())
    await asyncio.wait_for(listens.wait(), 90)
    await one.delete()
    assert await asyncio.wait_for(watcher, 90) == "one"
    print("watches held")

    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                  "metadata": {"name": "shirts.asynchronous.example.com"},
                  "spec": {"group": "asynchronous.example.com", "scope": "Namespaced",
                           "names": {"kind": "Shirt", "plural": "shirts", "shortNames": ["sh"]}, "versions": [{
                               "name": "v1", "served": True, "storage": True, "subresources": {"status": {}, "scale": {
                                   "specReplicasPath": ".spec.count", "statusReplicasPath": ".status.count"}},
                               "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}
    crd = await kr8s.asyncio.objects.CustomResourceDefinition(definition)
    await crd.create()
    await crd.wait("condition=Established", timeout=60)
    Shirt = new_class(kind="Shirt", version="asynchronous.example.com/v1", namespaced=True, scalable=True, scalable_spec="count")
    shirt = await Shirt({"metadata": {"name": "blue", "namespace": space}, "spec": {"count": 1, "size": "M"}})
    await shirt.create()
    await shirt.scale(4)
    await shirt.patch({"status": {"count": 4}}, subresource="status")
    await shirt.refresh()
    assert shirt.spec["count"] == 4 and shirt.status["count"] == 4 and shirt.spec["size"] == "M", shirt.raw
    await crd.delete()
    print("definitions held")

    await namespace.delete()
    await namespace.wait("delete", timeout=90)
    print("leaving held")


async def listed(api):
    for resource in await api.api_resources():
        yield resource


asyncio.run(main())
