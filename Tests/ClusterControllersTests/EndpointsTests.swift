import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterControllers

/// How Endpoints that somebody wrote and what services ask for become EndpointSlices.
struct EndpointsTests {
    private static let written = APIObject([
        "metadata": [
            "name": "db", "namespace": "d", "uid": "ue", "resourceVersion": "1", "labels": ["team": "x"],
            "annotations": ["a": "b", "kubectl.kubernetes.io/last-applied-configuration": "{}"],
        ],
        "subsets": [
            [
                "addresses": [["ip": "10.1.2.3"], ["ip": "fd00::1", "hostname": "six"]],
                "notReadyAddresses": [["ip": "10.1.2.4", "nodeName": "n"]], "ports": [["port": 5432, "protocol": "TCP"]],
            ]
        ],
    ])

    private func service(_ spec: Value = .emptyObject) -> APIObject {
        APIObject(["metadata": ["name": "db", "namespace": "d", "uid": "us", "resourceVersion": "1"], "spec": spec])
    }

    private func mirrored(_ endpoints: APIObject, _ service: APIObject?) -> Table {
        var cluster = Table(contents: [.endpoints: [endpoints], .services: service.map { [$0] } ?? []])
        _ = cluster.perform(EndpointSliceMirroring(), endpoints.key)
        return cluster
    }

    @Test func `Endpoints of a service without selector are mirrored, and that settles`() throws {
        var cluster = mirrored(Self.written, service())
        let slices = cluster.objects(.endpointSlices, in: "d").sorted {
            $0.tree["addressType"]?.string ?? "" < $1.tree["addressType"]?.string ?? ""
        }
        #expect(slices.map { $0.tree["addressType"]?.string } == ["IPv4", "IPv6"])
        let four = try #require(slices.first)
        #expect(
            four.tree["endpoints"]?.value == [
                ["addresses": ["10.1.2.3"], "conditions": ["ready": true]],
                ["addresses": ["10.1.2.4"], "conditions": ["ready": false], "nodeName": "n"],
            ])
        #expect(four.tree["ports"]?.value == [["name": "", "port": 5432, "protocol": "TCP"]])
        #expect(slices.last?.tree["endpoints"]?.value == [["addresses": ["fd00::1"], "conditions": ["ready": true], "hostname": "six"]])
        #expect(
            four.labels == [
                "team": "x", "kubernetes.io/service-name": "db",
                "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
            ])
        #expect(four.annotations == ["a": "b"])
        #expect(four.controller?.kind == "Endpoints")
        #expect(cluster.perform(EndpointSliceMirroring(), Self.written.key) == [])
    }

    @Test func `what is not to be mirrored is not, or no longer`() {
        #expect(mirrored(Self.written, nil).objects(.endpointSlices, in: "d").isEmpty)
        #expect(mirrored(Self.written, service(["selector": ["app": "x"]])).objects(.endpointSlices, in: "d").isEmpty)
        for (field, key, value) in [
            ("labels", "endpointslice.kubernetes.io/skip-mirror", "true"),
            ("annotations", "control-plane.alpha.kubernetes.io/leader", "{}"),
        ] {
            var draft = Self.written.draft
            draft[path: "metadata", field, key] = Value(value)
            #expect(mirrored(APIObject(draft), service()).objects(.endpointSlices, in: "d").isEmpty)
        }
        var cluster = mirrored(Self.written, service())
        cluster.contents[.services] = [service(["selector": ["app": "x"]])]
        _ = cluster.perform(EndpointSliceMirroring(), Self.written.key)
        #expect(cluster.objects(.endpointSlices, in: "d").isEmpty)
    }

    private static let distributions: [(String, Value)] = [
        ("PreferSameZone", ["forZones": [["name": "z"]]]), ("PreferClose", ["forZones": [["name": "z"]]]),
        ("PreferSameNode", ["forZones": [["name": "z"]], "forNodes": [["name": "n1"]]]), ("", .null),
    ]

    @Test(arguments: distributions)
    func `a service says for whom its endpoints are`(distribution: String, hints: Value) throws {
        var draft = SettlingTests.service
        if !distribution.isEmpty { draft[path: "spec", "trafficDistribution"] = Value(distribution) }
        let service = APIObject(draft)
        let pods = [true, false].enumerated().map { index, ready in
            var draft = Make.pod("p-\(index)", of: Make.owner("ReplicaSet", spec: .emptyObject), "ReplicaSet", ready: ready).draft
            draft[path: "status", "podIP"] = Value("10.0.0.\(index)")
            return APIObject(draft)
        }
        let node = APIObject(["metadata": ["name": "n1", "labels": ["topology.kubernetes.io/zone": "z"]]])
        var cluster = Table(contents: [.services: [service], .pods: pods, .nodes: [node]])
        _ = cluster.perform(EndpointSliceController(), service.key)
        let slice = try #require(cluster.objects(.endpointSlices, in: "d").first)
        let found: [Value] = slice.tree.elements("endpoints").map { $0["hints"]?.value ?? .null }
        #expect(found == [hints, .null])
        #expect(cluster.perform(EndpointSliceController(), service.key) == [])
    }
}
