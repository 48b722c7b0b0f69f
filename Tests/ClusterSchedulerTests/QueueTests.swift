import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterScheduler

struct QueueTests {
    @Test func `the more important pod is tried first, of equals the earlier`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1"))
        cluster.see(.pods, Make.pod("a"), Make.pod("b", priority: 10), Make.pod("c"))
        let order = cluster.decide().compactMap { if case .bind(let pod, _) = $0 { pod.key.name } else { nil } }
        #expect(order == ["b", "a", "c"])
    }

    @Test func `what fits nowhere waits for what could change that, and out its back-off`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", cpu: "1"))
        let busy = Make.pod("busy", cpu: "1", node: "n1")
        cluster.see(.pods, busy)
        #expect(cluster.outcome(Make.pod("p", cpu: "1"))[0].contains("Insufficient cpu"))
        cluster.see(.nodes, Make.node("n1", cpu: "1", labels: ["unrelated": "label"]))
        cluster.now = cluster.now + 60
        #expect(cluster.decide().isEmpty, "a label does not help")
        cluster.forget(.pods, busy)
        #expect(cluster.decide().map(\.words) == ["bind n1"])
    }

    @Test func `attempts come further and further apart`() {
        var queue = SchedulingQueue()
        let pod = PodInfo(APIObject(Make.pod("p")))
        var now = Timestamp(seconds: 1_700_000_000)
        var waits: [Double] = []
        queue.add(pod, at: now)
        for _ in 0..<6 {
            while queue.pop(at: now) == nil {
                now = now + 0.5
                _ = queue.tick(at: now)
            }
            let tried = now
            queue.retry(pod.uid, at: now)
            while queue.isEmpty {
                now = now + 0.5
                _ = queue.tick(at: now)
            }
            waits.append(now - tried)
        }
        #expect(waits == [1, 2, 4, 8, 10, 10])
    }

    @Test func `an event during an attempt is not missed`() {
        var queue = SchedulingQueue()
        let pod = PodInfo(APIObject(Make.pod("p")))
        let now = Timestamp(seconds: 1_700_000_000)
        queue.add(pod, at: now)
        #expect(queue.pop(at: now) != nil)
        queue.happened(.podRemoved, at: now)
        queue.park(pod.uid, rejectedBy: [.nodeResourcesFit], at: now)
        _ = queue.tick(at: now + 1)
        #expect(queue.pop(at: now + 1) != nil)
    }

    @Test func `gates hold a pod until the last is gone`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1"))
        let gated = Make.pod("p", spec: ["schedulingGates": [["name": "example.com/wait"]]])
        let told = cluster.core.observe(.pods, WatchEvent(.added, APIObject(gated)), at: cluster.now)
        #expect(told.map(\.words) == ["gated"])
        #expect(cluster.decide().isEmpty)
        #expect(cluster.outcome(Make.pod("p")) == ["bind n1"])
    }

    @Test func `pods of another scheduler are left alone`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1"))
        #expect(cluster.outcome(Make.pod("p", spec: ["schedulerName": "other"])).isEmpty)
    }

    @Test func `a bind that fails gives its room back`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", cpu: "1"))
        cluster.see(.pods, Make.pod("a", cpu: "1"))
        guard case .bind(let pod, _)? = cluster.decide().first else {
            Issue.record("not bound")
            return
        }
        cluster.core.bound(pod, succeeded: false, isGone: true, at: cluster.now)
        #expect(cluster.outcome(Make.pod("b", cpu: "1")) == ["bind n1"])
    }
}
