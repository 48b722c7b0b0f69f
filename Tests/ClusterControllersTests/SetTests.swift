import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterControllers

struct SetTests {
    private func decide(_ controller: any Controller, _ contents: [GroupVersionResource: [APIObject]], _ key: ObjectKey) -> Decision {
        controller.reconcile(Reconciliation(key: key, cluster: Table(contents: contents), now: Make.start + 60))
    }

    private func pods(_ set: APIObject, _ ready: [Bool]) -> [APIObject] {
        ready.enumerated().map { index, ready in
            let identity = ["statefulset.kubernetes.io/pod-name": "w-\(index)", "apps.kubernetes.io/pod-index": "\(index)"]
            return Make.pod("w-\(index)", of: set, "StatefulSet", labels: identity.merging(["app": "x"]) { a, _ in a }, ready: ready)
        }
    }

    @Test func `a stateful set makes one pod at a time, and waits for it`() {
        let set = Make.owner("StatefulSet", spec: ["replicas": 3, "updateStrategy": ["type": "OnDelete"]])
        let none = decide(StatefulSetController(), [.statefulSets: [set]], set.key).changes
        #expect(none.count == 2 && none.last == "create w-0", "a revision, then the pod")
        let waiting = decide(StatefulSetController(), [.statefulSets: [set], .pods: pods(set, [false])], set.key).changes
        #expect(!waiting.contains("create w-1"))
        let ready = decide(StatefulSetController(), [.statefulSets: [set], .pods: pods(set, [true])], set.key).changes
        #expect(ready.last == "create w-1")
    }

    @Test func `the highest ordinal goes first`() {
        let set = Make.owner("StatefulSet", spec: ["replicas": 1, "updateStrategy": ["type": "OnDelete"]])
        let changes = decide(StatefulSetController(), [.statefulSets: [set], .pods: pods(set, [true, true, true])], set.key).changes
        #expect(changes.filter { $0.hasPrefix("delete") } == ["delete w-2"])
    }

    @Test func `a daemon set makes a pod on every node it tolerates`() {
        let set = Make.owner("DaemonSet", spec: .emptyObject)
        let nodes: [APIObject] = ["n1", "n2", "n3"].map { name in
            APIObject([
                "metadata": ["name": Value(name)],
                "spec": ["taints": name == "n2" ? [["key": "maint", "effect": "NoSchedule"]] : []],
            ])
        }
        let decision = decide(DaemonSetController(), [.daemonSets: [set], .nodes: nodes], set.key)
        #expect(decision.changes.filter { $0 == "create w-" }.count == 2)
        #expect(decision.status?["desiredNumberScheduled"] == 2)
    }
}
