import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterControllers

/// Pods that nobody else would remove, and claims that go with their pod.
struct PodCollectionTests {
    private let owner = Make.owner("ReplicaSet", spec: .emptyObject)

    private func node(ready: String, _ taints: Value) -> APIObject {
        APIObject([
            "metadata": ["name": "n1"], "spec": ["taints": taints], "status": ["conditions": [["type": "Ready", "status": Value(ready)]]],
        ])
    }

    private func deleted(_ name: String) -> APIObject {
        var draft = Make.pod(name, of: owner, "ReplicaSet").draft
        draft[path: "metadata", "deletionTimestamp"] = Value(Make.start.description)
        return APIObject(draft)
    }

    @Test func `pods being deleted on a node out of service go at once, others wait`() {
        let taint: Value = [["key": "node.kubernetes.io/out-of-service", "value": "x", "effect": "NoExecute"]]
        let pod = deleted("p")
        let running = Make.pod("q", of: owner, "ReplicaSet")
        func changes(_ pod: APIObject, on node: APIObject) -> [String] {
            let cluster = Table(contents: [.pods: [pod], .nodes: [node]])
            return PodGarbageCollector().reconcile(Reconciliation(key: pod.key, cluster: cluster, now: Make.start)).changes
        }
        #expect(changes(pod, on: node(ready: "Unknown", taint)) == ["patch p", "delete p"])
        #expect(changes(running, on: node(ready: "Unknown", taint)) == [])
        #expect(changes(pod, on: node(ready: "True", taint)) == [])
        #expect(changes(pod, on: node(ready: "Unknown", [])) == [])
        let woken = PodGarbageCollector().watches.flatMap { watched in
            watched.resource == .nodes
                ? watched.keys(node(ready: "Unknown", []), node(ready: "Unknown", taint), Table(contents: [.pods: [pod, running]])) : []
        }
        #expect(woken == [pod.key])
    }

    @Test func `of too many finished pods the evicted go first, then the oldest`() {
        func pod(_ name: String, _ phase: String, age: Double, reason: String? = nil) -> APIObject {
            var draft = Make.pod(name, of: owner, "ReplicaSet", phase: phase).draft
            draft[path: "metadata", "creationTimestamp"] = Value((Make.start + -age).description)
            if let reason { draft[path: "status", "reason"] = Value(reason) }
            return APIObject(draft)
        }
        let pods = [
            pod("new", "Succeeded", age: 1), pod("old", "Failed", age: 9), pod("evicted", "Failed", age: 0, reason: "Evicted"),
            pod("middle", "Succeeded", age: 5), pod("running", "Running", age: 99),
        ]
        let collector = FinishedPodCollector(threshold: 2)
        let woken = collector.watches[0].keys(nil, pods[0], Table())
        #expect(woken.count == 1)
        #expect(collector.watches[0].keys(nil, pods[4], Table()) == [])
        #expect(collector.watches[0].keys(pods[0], pods[0], Table()) == [])
        var request = Reconciliation(key: woken[0], cluster: Table(contents: [.pods: pods]), now: Make.start)
        let first = collector.reconcile(request)
        #expect(first.changes == [])
        #expect(first.requeueAfter == 20)
        request.due = Make.start
        #expect(collector.reconcile(request).changes == ["delete evicted", "delete old"])
        #expect(FinishedPodCollector(threshold: 4).reconcile(request).changes == [])
    }

    @Test func `an ephemeral volume's claim is made for the pod, and nobody else's is taken`() throws {
        var draft = Make.pod("p", of: owner, "ReplicaSet").draft
        let template: Value = ["metadata": ["labels": ["l": "m"]], "spec": ["accessModes": ["ReadWriteOnce"]]]
        draft[path: "spec", "volumes"] = [
            ["name": "data", "ephemeral": ["volumeClaimTemplate": template]], ["name": "e", "emptyDir": .emptyObject],
        ]
        let pod = APIObject(draft)
        let controller = EphemeralVolumeController()
        var cluster = Table(contents: [.pods: [pod]])
        #expect(controller.watches[0].keys(nil, pod, cluster) == [pod.key])
        #expect(cluster.perform(controller, pod.key) == ["create p-data"])
        let claim = try #require(cluster.objects(.persistentVolumeClaims, in: "d").first)
        #expect(claim.controller?.uid == pod.uid)
        #expect(claim.labels == ["l": "m"])
        #expect(claim.spec?["accessModes"]?.strings == ["ReadWriteOnce"])
        #expect(cluster.perform(controller, pod.key) == [])

        var foreign = claim.draft
        foreign[path: "metadata", "ownerReferences"] = nil
        let decision = controller.reconcile(
            Reconciliation(
                key: pod.key, cluster: Table(contents: [.pods: [pod], .persistentVolumeClaims: [APIObject(foreign)]]), now: Make.start))
        #expect(decision.changes == [])
        #expect(decision.events.map(\.reason) == ["FailedBinding"])
        #expect(decision.problem != nil)
    }
}
