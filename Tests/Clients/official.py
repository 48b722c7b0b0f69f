"""PyPI's `kubernetes` client: what a program does with it, end to end. Prints one line per thing that held; ends with a traceback if not."""
import threading
import time

from kubernetes import client, config, dynamic, informer, utils, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock

config.load_kube_config()
api = client.ApiClient()
core, apps, batch, rbac = client.CoreV1Api(api), client.AppsV1Api(api), client.BatchV1Api(api), client.RbacAuthorizationV1Api(api)
space = "official"


def refused(code, reason, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except ApiException as error:
        assert error.status == code, error
        assert reason in error.body, error.body
        return error
    raise AssertionError(f"{call.__name__} was not refused with {code}")


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"made": "here"}), data=data)


def until(what, condition):
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end, f"it never came to be that {what}"
        time.sleep(0.05)


def objects():
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=space)))
    made = core.create_namespaced_config_map(space, config_map("a", x="1"))
    assert made.metadata.uid and made.metadata.creation_timestamp.tzinfo
    refused(409, "AlreadyExists", core.create_namespaced_config_map, space, config_map("a"))
    refused(404, "NotFound", core.read_namespaced_config_map, "none", space)
    refused(422, "RFC 1123", core.create_namespaced_config_map, space, config_map("A_B"))

    made.data["x"] = "2"
    changed = core.replace_namespaced_config_map("a", space, made)
    refused(409, "Conflict", core.replace_namespaced_config_map, "a", space, made)
    core.patch_namespaced_config_map("a", space, {"data": {"y": "3"}})
    core.patch_namespaced_config_map("a", space, [{"op": "remove", "path": "/data/x"}])
    assert core.read_namespaced_config_map("a", space).data == {"y": "3"}
    assert changed.metadata.resource_version != made.metadata.resource_version

    dry = core.create_namespaced_config_map(space, config_map("dry"), dry_run="All")
    assert dry.metadata.uid
    refused(404, "NotFound", core.read_namespaced_config_map, "dry", space)
    for number in range(7):
        core.create_namespaced_config_map(space, config_map(f"page-{number}"))
    seen, token = [], None
    while token != "":
        page = core.list_namespaced_config_map(space, limit=3, _continue=token, label_selector="made=here")
        seen += [item.metadata.name for item in page.items]
        token = page.metadata._continue or ""
    assert seen == ["a"] + [f"page-{number}" for number in range(7)], seen
    gone = core.delete_collection_namespaced_config_map(space, label_selector="made=here", field_selector="metadata.name!=a")
    assert gone.metadata is not None
    until("only one is left", lambda: len(core.list_namespaced_config_map(space, label_selector="made=here").items) == 1)
    status = core.delete_namespaced_config_map("a", space, body=client.V1DeleteOptions(
        preconditions=client.V1Preconditions(uid=made.metadata.uid)))
    assert status["status"] == "Success", status


def watches():
    from_now = core.list_namespaced_config_map(space).metadata.resource_version
    core.create_namespaced_config_map(space, config_map("w", x="1"))
    core.patch_namespaced_config_map("w", space, {"data": {"x": "2"}})
    core.delete_namespaced_config_map("w", space)
    events = []
    for event in watch.Watch().stream(core.list_namespaced_config_map, space, resource_version=from_now, timeout_seconds=60):
        if event["object"].metadata.name == "w":
            events.append((event["type"], event["object"].data["x"]))
        if event["type"] == "DELETED":
            break
    assert events == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")], events
    # A watch that ends by its time limit ends without an error.
    began = time.monotonic()
    assert [e for e in watch.Watch().stream(core.list_namespaced_secret, space, timeout_seconds=1)] == []
    assert time.monotonic() - began < 60

    kept = informer.SharedInformer(core.list_namespaced_config_map, namespace=space, label_selector="made=here")
    heard = []
    for kind in (informer.ADDED, informer.MODIFIED, informer.DELETED):
        kept.add_event_handler(kind, lambda item, kind=kind: heard.append((kind, item.metadata.name)))
    kept.start()
    core.create_namespaced_config_map(space, config_map("kept"))
    until("it is in the cache", lambda: kept.cache.get_by_key(f"{space}/kept") is not None)
    core.patch_namespaced_config_map("kept", space, {"data": {"x": "2"}})
    core.delete_namespaced_config_map("kept", space)
    until("it is out of the cache", lambda: kept.cache.get_by_key(f"{space}/kept") is None)
    kept.stop()
    assert heard[0] == ("ADDED", "kept") and heard[-1] == ("DELETED", "kept"), heard


def workloads():
    labels = {"app": "web"}
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels),
        spec=client.V1PodSpec(
            termination_grace_period_seconds=1,
            containers=[client.V1Container(name="main", image="host/sh", args=["-c", "echo up; exec sleep 86400"])]))
    spec = client.V1DeploymentSpec(replicas=1, selector=client.V1LabelSelector(match_labels=labels), template=template)
    apps.create_namespaced_deployment(space, client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec))
    assert apps.read_namespaced_deployment_scale("web", space).spec.replicas == 1
    assert apps.patch_namespaced_deployment_scale("web", space, {"spec": {"replicas": 2}}).spec.replicas == 2
    until("two are available", lambda: (apps.read_namespaced_deployment_status("web", space).status.available_replicas or 0) == 2)
    pod = core.list_namespaced_pod(space, label_selector="app=web").items[0]
    assert pod.status.phase == "Running" and pod.spec.containers[0].image == "host/sh"
    assert core.read_namespaced_pod_log(pod.metadata.name, space) == "up\n"
    return pod.metadata.name


def streams(pod):
    from kubernetes.stream import portforward, stream

    run = core.connect_get_namespaced_pod_exec
    said = stream(run, pod, space, command=["sh", "-c", "echo out; echo err >&2"], stderr=True, stdin=False, stdout=True, tty=False)
    assert set(said.split()) == {"out", "err"}, said
    session = stream(run, pod, space, command=["sh"], stderr=True, stdin=True, stdout=True, tty=False, _preload_content=False)
    session.write_stdin("echo $((6 * 7))\n")
    assert session.readline_stdout(timeout=60) == "42"
    session.write_stdin("exit 3\n")
    session.run_forever(timeout=60)
    assert session.returncode == 3, session.returncode
    session.close()
    core.create_namespaced_pod(space, client.V1Pod(
        metadata=client.V1ObjectMeta(name="server"),
        spec=client.V1PodSpec(termination_grace_period_seconds=1, containers=[client.V1Container(
            name="main", image="host/python3", args=["-c", server])])))
    until("the server is up", lambda: "up" in (logs("server") or ""))
    forward = portforward(core.connect_get_namespaced_pod_portforward, "server", space, ports="7000")
    socket = forward.socket(7000)
    socket.sendall(b"hello\n")
    assert socket.recv(100) == b"HELLO\n"
    socket.close()


server = """
import socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self): self.wfile.write(self.rfile.readline().upper())
with socketserver.ThreadingTCPServer(("", 7000), Handler) as server:
    print("up", flush=True)
    server.serve_forever()
"""


def logs(pod):
    try:
        return core.read_namespaced_pod_log(pod, space)
    except ApiException as error:
        # Its container does not run yet.
        assert error.status == 400, error


def access():
    utils.create_from_dict(api, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bob", "namespace": space}})
    rbac.create_namespaced_role(space, client.V1Role(
        metadata=client.V1ObjectMeta(name="reader"), rules=[client.V1PolicyRule(api_groups=[""], resources=["pods"], verbs=["list"])]))
    rbac.create_namespaced_role_binding(space, {
        "metadata": {"name": "reader"}, "subjects": [{"kind": "ServiceAccount", "name": "bob", "namespace": space}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}})
    token = core.create_namespaced_service_account_token("bob", space, client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=600)))
    as_bob = client.Configuration.get_default_copy()
    as_bob.api_key, as_bob.api_key_prefix = {"authorization": token.status.token}, {"authorization": "Bearer"}
    as_bob.cert_file = as_bob.key_file = None
    bob = client.CoreV1Api(client.ApiClient(as_bob))
    assert bob.list_namespaced_pod(space).items
    forbidden = refused(403, "Forbidden", bob.list_namespaced_secret, space)
    assert f"User \\\"system:serviceaccount:{space}:bob\\\" cannot list resource \\\"secrets\\\"" in forbidden.body, forbidden.body
    review = client.AuthorizationV1Api(client.ApiClient(as_bob)).create_self_subject_access_review({
        "spec": {"resourceAttributes": {"namespace": space, "verb": "list", "resource": "pods"}}})
    assert review.status.allowed


def definitions():
    extensions, custom = client.ApiextensionsV1Api(api), client.CustomObjectsApi(api)
    schema = {"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}},
        "status": {"type": "object", "properties": {"done": {"type": "boolean"}}}}}
    extensions.create_custom_resource_definition({
        "metadata": {"name": "things.official.example.com"},
        "spec": {"group": "official.example.com", "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"}, "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}}}]}})
    until("it is established", lambda: any(
        c.type == "Established" and c.status == "True"
        for c in extensions.read_custom_resource_definition("things.official.example.com").status.conditions or []))
    place = ("official.example.com", "v1", space, "things")
    thing = {"apiVersion": "official.example.com/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"size": 2}}
    custom.create_namespaced_custom_object(*place, thing)
    refused(422, "should be greater than or equal to 1", custom.patch_namespaced_custom_object, *place, "t", {"spec": {"size": 0}})
    custom.patch_namespaced_custom_object_status(*place, "t", {"status": {"done": True}, "spec": {"size": 9}})
    read = custom.get_namespaced_custom_object(*place, "t")
    assert read["status"] == {"done": True} and read["spec"] == {"size": 2}, read

    # The dynamic client finds the kind by discovery.
    things = dynamic.DynamicClient(api).resources.get(api_version="official.example.com/v1", kind="Thing")
    assert [item.metadata.name for item in things.get(namespace=space).items] == ["t"]
    applied = things.server_side_apply(
        body={"apiVersion": "official.example.com/v1", "kind": "Thing", "metadata": {"name": "t", "namespace": space}, "spec": {"size": 5}},
        name="t", namespace=space, field_manager="official", force_conflicts=True)
    assert applied.spec.size == 5
    assert any(field.manager == "official" and field.operation == "Apply" for field in applied.metadata.managedFields)
    things.delete(name="t", namespace=space)


def leaders():
    led = threading.Event()

    def won():
        led.set()
        raise SystemExit

    lock = ConfigMapLock("leader", space, "me")
    settings = electionconfig.Config(lock, lease_duration=5, renew_deadline=4, retry_period=1, onstarted_leading=won, onstopped_leading=None)
    threading.Thread(target=leaderelection.LeaderElection(settings).run, daemon=True).start()
    assert led.wait(60)


def leave():
    assert client.VersionApi(api).get_code().major == "1"
    core.delete_namespace(space, propagation_policy="Foreground")
    until("the namespace is gone", lambda: space not in [item.metadata.name for item in core.list_namespace().items])


print("objects", objects() or "held")
print("watches", watches() or "held")
pod = workloads()
print("workloads held")
print("streams", streams(pod) or "held")
print("access", access() or "held")
print("definitions", definitions() or "held")
print("leaders", leaders() or "held")
print("leaving", leave() or "held")
