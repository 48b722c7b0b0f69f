import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterScheduler

struct PlacementTests {
    private static let none = "no new claims to deallocate, preemption: 0/1 nodes are available: 1 "

    struct Case: CustomTestStringConvertible {
        var node: Value
        var pod: Value
        var outcome: String
        var testDescription: String { outcome }
    }

    static let cases: [Case] = [
        Case(node: Make.node("n1"), pod: Make.pod("p", cpu: "4"), outcome: "bind n1"),
        Case(
            node: Make.node("n1"), pod: Make.pod("p", cpu: "4001m"),
            outcome: "0/1 nodes are available: 1 Insufficient cpu. \(none)Preemption is not helpful for scheduling."),
        Case(
            node: Make.node("n1", pods: 0), pod: Make.pod("p"),
            outcome: "0/1 nodes are available: 1 Too many pods. \(none)Preemption is not helpful for scheduling."),
        Case(
            node: Make.node("n1", unschedulable: true), pod: Make.pod("p"),
            outcome: "0/1 nodes are available: 1 node(s) were unschedulable. \(none)Preemption is not helpful for scheduling."),
        Case(
            node: Make.node("n1", unschedulable: true),
            pod: Make.pod("p", spec: ["tolerations": [["key": "node.kubernetes.io/unschedulable", "operator": "Exists"]]]),
            outcome: "bind n1"),
        Case(
            node: Make.node("n1", taints: [["key": "a", "value": "b", "effect": "NoExecute"]]), pod: Make.pod("p"),
            outcome: "0/1 nodes are available: 1 node(s) had untolerated taint(s). \(none)Preemption is not helpful for scheduling."),
        Case(
            node: Make.node("n1", taints: [["key": "a", "effect": "PreferNoSchedule"]]), pod: Make.pod("p"), outcome: "bind n1"),
        Case(
            node: Make.node("n1", labels: ["disk": "hdd"]), pod: Make.pod("p", spec: ["nodeSelector": ["disk": "ssd"]]),
            outcome:
                "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. \(none)Preemption is not helpful for scheduling."
        ),
        Case(
            node: Make.node("n1"),
            pod: Make.pod(
                "p",
                spec: [
                    "affinity": [
                        "podAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": [Make.term(["a": "b"], over: "zone")]]
                    ]
                ]),
            outcome: "0/1 nodes are available: 1 node(s) didn't match pod affinity rules. \(none)Preemption is not helpful for scheduling."),
        Case(
            node: Make.node("n1"),
            pod: Make.pod("p", spec: ["volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "c"]]]]),
            outcome: "0/1 nodes are available: persistentvolumeclaim \"c\" not found. not found"),
        Case(
            node: Make.node("n1"),
            pod: Make.pod("p", spec: ["volumes": [["name": "v", "ephemeral": [:]]]]),
            outcome:
                "0/1 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim \"p-v\". not found"),
    ]

    @Test(arguments: cases) func `one node, one pod`(_ one: Case) {
        var cluster = TestCluster()
        cluster.see(.nodes, one.node)
        #expect(cluster.outcome(one.pod) == [one.outcome])
    }

    @Test func `without nodes`() {
        var cluster = TestCluster()
        #expect(cluster.outcome(Make.pod("p")) == ["no nodes available to schedule pods"])
    }

    @Test func `a daemon's pod is tried on its own node alone`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", cpu: "1"), Make.node("n2"), Make.node("n3"))
        func pod(_ name: String, cpu: String) -> Value {
            let term: Value = ["matchFields": [["key": "metadata.name", "operator": "In", "values": ["n1"]]]]
            return Make.pod(
                name, cpu: cpu,
                spec: [
                    "affinity": [
                        "nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": [term]]]
                    ]
                ])
        }
        #expect(cluster.outcome(pod("a", cpu: "500m")) == ["bind n1"])
        #expect(
            cluster.outcome(pod("b", cpu: "1")) == [
                "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
            ])
    }

    @Test func `host ports are taken once`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1"), Make.node("n2"))
        func pod(_ name: String, _ address: String = "") -> Value {
            Make.pod(name, spec: ["containers": [["name": "c", "ports": [["hostPort": 80, "hostIP": Value(address)]]]]])
        }
        #expect(Set(cluster.outcome(pod("a")) + cluster.outcome(pod("b"))) == ["bind n1", "bind n2"])
        #expect(cluster.outcome(pod("c", "10.0.0.1"))[0].hasPrefix("0/2 nodes are available: 2 node(s) didn't have free ports"))
    }

    @Test func `whatever comes, no node gets more than it has`() {
        var random = SplitMix(seed: 7)
        var cluster = TestCluster()
        for index in 0..<8 { cluster.see(.nodes, Make.node("n\(index)", cpu: "\(1 + index % 4)", memory: "4Gi", pods: 6)) }
        for index in 0..<200 {
            let cpu = "\(50 + Int(random.next() % 900))m"
            _ = cluster.outcome(Make.pod("p\(index)", cpu: cpu, memory: "\(random.next() % 900)Mi"))
        }
        for node in cluster.core.state.nodes {
            #expect(node.requested.cpu <= node.allocatable.cpu && node.requested.memory <= node.allocatable.memory)
            #expect(node.pods.count <= node.allowedPods)
        }
    }

    @Test func `the least used node is taken, then pods of one owner apart`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1"), Make.node("n2"))
        cluster.see(.pods, Make.pod("busy", cpu: "2", memory: "2Gi", node: "n1"))
        #expect(cluster.outcome(Make.pod("a", cpu: "100m", memory: "100Mi")) == ["bind n2"])
        var apart = TestCluster()
        apart.see(.nodes, Make.node("n1", labels: ["topology.kubernetes.io/zone": "a"]))
        apart.see(.nodes, Make.node("n2", labels: ["topology.kubernetes.io/zone": "a"]))
        apart.see(.nodes, Make.node("n3", labels: ["topology.kubernetes.io/zone": "b"]))
        apart.see(.pods, Make.pod("x", node: "n1", owner: "r"))
        #expect(apart.outcome(Make.pod("y", owner: "r")) == ["bind n3"], "another zone before another node")
    }

    @Test func `pods spread over a label no further apart than they may`() {
        var cluster = TestCluster()
        for (name, zone) in [("n1", "a"), ("n2", "b")] { cluster.see(.nodes, Make.node(name, labels: ["zone": zone])) }
        cluster.see(.nodes, Make.node("n3"))
        func pod(_ name: String) -> Value {
            let constraint: Value = [
                "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": ["matchLabels": ["app": "x"]],
            ]
            return Make.pod(name, labels: ["app": "x"], spec: ["topologySpreadConstraints": [constraint]])
        }
        let first = cluster.outcome(pod("a")) + cluster.outcome(pod("b"))
        #expect(Set(first) == ["bind n1", "bind n2"])
        cluster.see(.nodes, Make.node("n2", labels: ["zone": "b"], unschedulable: true))
        #expect(cluster.outcome(pod("c")) == ["bind n1"])
        #expect(cluster.outcome(pod("d"))[0].hasPrefix("0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, "))
    }

    @Test func `enemies keep apart, both ways, and friends come together`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1"), Make.node("n2"))
        let alone: Value = [
            "affinity": [
                "podAntiAffinity": [
                    "requiredDuringSchedulingIgnoredDuringExecution": [Make.term(["app": "x"], over: "kubernetes.io/hostname")]
                ]
            ]
        ]
        cluster.see(.pods, Make.pod("a", node: "n1", labels: ["app": "y"], spec: alone))
        #expect(cluster.outcome(Make.pod("b", labels: ["app": "x"])) == ["bind n2"], "the one that runs does not want it")
        #expect(cluster.outcome(Make.pod("c", labels: ["app": "z"], spec: alone)) == ["bind n1"])
        let near: Value = [
            "affinity": [
                "podAffinity": [
                    "requiredDuringSchedulingIgnoredDuringExecution": [Make.term(["app": "x"], over: "kubernetes.io/hostname")]
                ]
            ]
        ]
        #expect(cluster.outcome(Make.pod("d", labels: ["app": "w"], spec: near)) == ["bind n2"])
    }

    @Test func `the first of a group that likes itself goes anywhere`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1", labels: ["zone": "a"]))
        let near: Value = [
            "affinity": [
                "podAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": [Make.term(["app": "x"], over: "zone")]]
            ]
        ]
        #expect(cluster.outcome(Make.pod("a", labels: ["app": "x"], spec: near)) == ["bind n1"])
    }

    @Test func `in large clusters not every node is looked at`() {
        #expect([50, 100, 500, 1000, 5000, 20000].map(Placement.enough(of:)) == [50, 100, 230, 420, 500, 1000])
    }

    // MARK: - Volumes

    private static let claim: Value = [
        "metadata": ["name": "c", "namespace": "d", "uid": "uc"],
        "spec": ["storageClassName": "late", "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
    ]
    private static let user = Make.pod("p", spec: ["volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "c"]]]])

    private static func volume(_ name: String, _ size: String, on node: String) -> Value {
        let term: Value = ["matchExpressions": [["key": "kubernetes.io/hostname", "operator": "In", "values": [Value(node)]]]]
        return [
            "metadata": ["name": Value(name)],
            "spec": [
                "capacity": ["storage": Value(size)], "accessModes": ["ReadWriteOnce"], "storageClassName": "late",
                "nodeAffinity": ["required": ["nodeSelectorTerms": [term]]],
            ],
        ]
    }

    @Test func `a claim that waits for its pod decides with it where both go`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1"), Make.node("n2"))
        cluster.see(
            .storageClasses,
            [
                "metadata": ["name": "late"], "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer",
            ])
        cluster.see(.persistentVolumeClaims, Self.claim)
        cluster.see(.persistentVolumes, Self.volume("small", "500Mi", on: "n1"), Self.volume("large", "2Gi", on: "n2"))
        #expect(cluster.outcome(Self.user) == ["volumes n2 1"])
    }

    @Test func `a claim for one pod alone is no second one's`() {
        var cluster = TestCluster()
        cluster.see(.nodes, Make.node("n1"))
        var claim = Self.claim
        claim[path: "spec", "accessModes"] = ["ReadWriteOncePod"]
        claim[path: "spec", "volumeName"] = "v1"
        claim[path: "metadata", "annotations"] = ["pv.kubernetes.io/bind-completed": "yes"]
        cluster.see(.persistentVolumeClaims, claim)
        cluster.see(.persistentVolumes, Self.volume("v1", "2Gi", on: "n1"))
        #expect(cluster.outcome(Self.user) == ["bind n1"])
        var second = Self.user
        second[path: "metadata", "name"] = "q"
        second[path: "metadata", "uid"] = "uid-q"
        #expect(cluster.outcome(second)[0].contains("ReadWriteOncePod access mode"))
    }
}

/// A small seeded generator, so that a failing run can be repeated.
struct SplitMix {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
