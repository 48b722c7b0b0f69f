import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterScheduler

struct PreemptionTests {
    @Test func `no more goes than must, the least important first`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", cpu: "3"))
        for (name, priority) in [("low", 1), ("lower", 0), ("mid", 5)] {
            cluster.see(.pods, Make.pod(name, cpu: "1", priority: priority, node: "n1"))
        }
        let words = cluster.outcome(Make.pod("p", cpu: "1", priority: 10))
        #expect(words.last == "evict lower from n1")
    }

    @Test func `equal priority never goes`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", cpu: "1"))
        cluster.see(.pods, Make.pod("a", cpu: "1", priority: 10, node: "n1"))
        #expect(
            cluster.outcome(Make.pod("p", cpu: "1", priority: 10)) == [
                "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
            ])
    }

    @Test func `who does not preempt waits`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", cpu: "1"))
        cluster.see(.pods, Make.pod("a", cpu: "1", node: "n1"))
        let words = cluster.outcome(Make.pod("p", cpu: "1", priority: 10, spec: ["preemptionPolicy": "Never"]))
        #expect(words.count == 1 && words[0].hasSuffix("preemption: not eligible due to preemptionPolicy=Never."))
    }

    @Test func `a node whose budget would be broken comes last`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", cpu: "1"), Make.node("n2", cpu: "1"))
        cluster.see(.pods, Make.pod("guarded", cpu: "1", priority: 0, node: "n1", labels: ["app": "x"]))
        cluster.see(.pods, Make.pod("free", cpu: "1", priority: 5, node: "n2"))
        cluster.see(
            .podDisruptionBudgets,
            [
                "metadata": ["name": "b", "namespace": "d"], "spec": ["selector": ["matchLabels": ["app": "x"]]],
                "status": ["disruptionsAllowed": 0],
            ])
        #expect(cluster.outcome(Make.pod("p", cpu: "1", priority: 10)).last == "evict free from n2")
    }

    @Test func `room that was made is for who made it`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", cpu: "1"))
        let victim = Make.pod("victim", cpu: "1", node: "n1")
        cluster.see(.pods, victim)
        _ = cluster.outcome(Make.pod("p", cpu: "1", priority: 10))
        cluster.forget(.pods, victim)
        #expect(cluster.outcome(Make.pod("late", cpu: "1"))[0].contains("Insufficient cpu"), "the nominated pod comes first")
        cluster.now = cluster.now + 2
        #expect(cluster.decide().map(\.words) == ["bind n1"])
    }
}
