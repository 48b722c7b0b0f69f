"""An operator of PyPI's `kopf` for the kind that brewery.yaml defines. A Brew has a ConfigMap with a label for its bottles; what happens to
it is told in its status and in events, and its end waits for the cellar's book to be written. Run by `kopf run`."""
import kopf
from kubernetes import client


@kopf.on.startup()
def settle(settings: kopf.OperatorSettings, **_):
    settings.persistence.finalizer = "brewery.example.com/cellar"
    settings.posting.loggers = True


def label(spec):
    return {"style": spec["style"], "bottles": str(spec["litres"] * 2)}


@kopf.index("configmaps", labels={"part-of": "brewery"})
def labels(name, **_):
    return {"all": name}


@kopf.on.create("brewery.example.com", "v1", "brews")
def brewed(spec, name, namespace, patch, **_):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"part-of": "brewery"}}, "data": label(spec)}
    kopf.adopt(body)
    client.CoreV1Api().create_namespaced_config_map(namespace, body)
    patch.status["phase"] = "Fermenting"
    patch.meta.annotations["brewery.example.com/batch"] = "1"
    return {"bottles": spec["litres"] * 2}


@kopf.on.update("brewery.example.com", "v1", "brews", field="spec.litres", retries=9, backoff=0.1)
def poured(old, new, spec, name, namespace, patch, retry, labels: kopf.Index, **_):
    # The index is fed by another watch, which may lag behind.
    if name not in labels.get("all", []) and retry < 8:
        raise kopf.TemporaryError("its label is not in the index yet", delay=0.1)
    client.CoreV1Api().patch_namespaced_config_map(name, namespace, {"data": label(spec)})
    patch.status["phase"] = "Poured"
    return {"from": old, "to": new}


@kopf.on.delete("brewery.example.com", "v1", "brews")
def closed(name, namespace, **_):
    client.CoreV1Api().create_namespaced_config_map(
        namespace, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-book"}, "data": {"drunk": "all"}})


@kopf.timer("brewery.example.com", "v1", "brews", interval=0.3)
def ripened(status, patch, **_):
    if status.get("days", 0) < 3:
        patch.status["days"] = status.get("days", 0) + 1
