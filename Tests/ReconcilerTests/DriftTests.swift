import ClusterAPI
import ClusterObjects
import ManifestLoader
import Testing

@testable import Reconciler

private func loaded(_ text: String) throws -> LoadedObject {
    let result = ManifestLoader.load(
        files: [ManifestFile(path: "a.yaml", id: "1", bytes: Array(text.utf8))], registry: .builtIn(withSync: true))
    #expect(result.problems == [])
    return try #require(result.objects.first)
}

private let web = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: host/python3
            command: [python3]
            ports: [{containerPort: 80}]
            env: [{name: EMPTY, value: ""}]
            resources: {requests: {cpu: 0.5, memory: 1Gi}}
          - name: side
            image: host/sh
    """

private func drift(_ object: LoadedObject, _ live: Value) -> ObjectDrift? {
    ObjectDrift.find(object, live: APIObject(live), commit: "c", now: Timestamp(seconds: 0))
}

/// As the server would store it: defaults, canonical quantities, the lists in another order, more of others.
private func stored() throws -> (LoadedObject, Value) {
    let object = try loaded(web)
    var live = object.value
    live[path: "spec", "strategy"] = ["type": "RollingUpdate"]
    live["status"] = ["replicas": 1]
    live[path: "metadata", "annotations"] = ["deployment.kubernetes.io/revision": "1"]
    live[path: "spec", "template", "spec", "containers"] = [
        ["name": "side", "image": "host/sh", "terminationMessagePath": "/dev/termination-log"],
        [
            "name": "web", "image": "host/python3", "command": ["python3"], "ports": [["containerPort": 80, "protocol": "TCP"]],
            "env": [["name": "EMPTY"]], "resources": ["requests": ["cpu": "500m", "memory": "1073741824"]],
        ],
        ["name": "injected", "image": "host/x"],
    ]
    return (object, live)
}

@Suite struct `Drift is what differs from what git says` {
    @Test func `defaults, status, order and what others add are none`() throws {
        let (object, live) = try stored()
        #expect(drift(object, live) == nil)
    }

    @Test func `a changed field names its manifest line, its manager and the time`() throws {
        var (object, live) = try stored()
        live[path: "spec", "replicas"] = 5
        live[path: "metadata", "managedFields"] = [
            ["manager": "skiff", "operation": "Apply", "time": "2026-01-01T00:00:00Z", "fieldsV1": ["f:spec": ["f:paused": [:]]]],
            [
                "manager": "kubectl", "operation": "Update", "subresource": "scale", "time": "2026-01-02T00:00:00Z",
                "fieldsV1": ["f:spec": ["f:replicas": [:]]],
            ],
            [
                "manager": "later", "operation": "Update", "time": "2026-01-03T00:00:00Z",
                "fieldsV1": ["f:metadata": ["f:labels": [:]]],
            ],
        ]
        let found = try #require(drift(object, live))
        #expect(
            found.lines == [
                "Deployment default/web: spec.replicas: git says 3, live is 5 by kubectl at 2026-01-02T00:00:00Z (a.yaml:5:3)"
            ])
    }

    @Test func `list elements are matched by their keys`() throws {
        var (object, live) = try stored()
        var containers = live[path: "spec", "template", "spec", "containers"]?.array ?? []
        containers[1]["image"] = "host/perl"
        containers.remove(at: 0)
        live[path: "spec", "template", "spec", "containers"] = .array(containers)
        let fields = try #require(drift(object, live)).fields
        #expect(fields.map(\.field) == ["spec.template.spec.containers[0].image", "spec.template.spec.containers[1]"])
        #expect(fields.map(\.line) == [12, 17])
        #expect(fields[1].live == nil)
    }

    @Test func `an object that is gone is drift`() throws {
        let object = try loaded(web)
        let found = try #require(ObjectDrift.find(object, live: nil, commit: "c", now: Timestamp(seconds: 0)))
        #expect(found.lines == ["Deployment default/web: deleted, noticed 1970-01-01T00:00:00Z (a.yaml:1)"])
    }

    @Test func `a Secret's values are not told`() throws {
        let object = try loaded("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  a: hunter2\n")
        let same: Value = ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "data": ["a": "aHVudGVyMg=="]]
        #expect(drift(object, same) == nil)
        var other = same
        other[path: "data", "a"] = "b3RoZXI="
        let found = try #require(drift(object, other))
        #expect(found.fields.map(\.field) == ["data.a"])
        #expect(found.fields.first?.line == 5)
        let shown = found.description + found.value.jsonText
        for text in ["hunter2", "aHVudGVyMg", "b3RoZXI", "other"] { #expect(!shown.contains(text)) }
    }
}

@Suite struct `A diff reads as diff prints it` {
    @Test func `hunks carry three lines of context and their ranges`() {
        let before = (1...20).map { "\($0)\n" }.joined()
        let after = before.replacing("\n3\n", with: "\nthree\n").replacing("\n17\n", with: "\n").replacing("\n18\n", with: "\n18\nnew\n")
        #expect(
            UnifiedDiff.hunks(before, after)
                == """
                @@ -1,6 +1,6 @@
                 1
                 2
                -3
                +three
                 4
                 5
                 6
                @@ -14,8 +14,8 @@
                 14
                 15
                 16
                -17
                 18
                +new
                 19
                 20

                """.replacing("@@ -14,8 +14,8 @@", with: "@@ -14,7 +14,7 @@"))
        #expect(UnifiedDiff.hunks("", "a\n") == "@@ -0,0 +1 @@\n+a\n")
        #expect(UnifiedDiff.hunks("a\nb\n", "") == "@@ -1,2 +0,0 @@\n-a\n-b\n")
        #expect(UnifiedDiff.hunks("a\n", "a\n") == "")
    }

    @Test func `applying the hunks gives the new text, whatever the texts`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let old = (0..<Int.random(in: 0...30, using: &random)).map { _ in "abcd".randomElement(using: &random).map(String.init) ?? "" }
            let new = (0..<Int.random(in: 0...30, using: &random)).map { _ in "abcd".randomElement(using: &random).map(String.init) ?? "" }
            let diff = UnifiedDiff.hunks(old.map { $0 + "\n" }.joined(), new.map { $0 + "\n" }.joined())
            #expect(apply(diff, to: old) == new, "\(old) \(new)\n\(diff)")
        }
    }

    private func apply(_ diff: String, to old: [String]) -> [String] {
        var (result, position) = ([String](), 0)
        for line in diff.split(separator: "\n") {
            let rest = String(line.dropFirst())
            switch line.first {
            case "@":
                let range = line.split(separator: " ")[1].dropFirst().split(separator: ",").compactMap { Int($0) }
                let start = range.count == 2 && range[1] == 0 ? range[0] : range[0] - 1
                result += old[position..<start]
                position = start
            case " ":
                if old[position] != rest { return ["mismatch"] }
                result.append(rest)
                position += 1
            case "-":
                if old[position] != rest { return ["mismatch"] }
                position += 1
            default: result.append(rest)
            }
        }
        return result + old[position...]
    }

    @Test func `a Secret's values are stars`() {
        let id = ObjectID(group: "", kind: "Secret", namespace: "default", name: "s")
        let entry = InventoryEntry(resource: GroupVersionResource("", "v1", "secrets"), id: id)
        let text = ObjectDiff.text(
            entry, before: ["kind": "Secret", "data": ["a": "b25l", "b": "c2FtZQ=="]],
            after: ["kind": "Secret", "data": ["a": "dHdv", "b": "c2FtZQ=="]])
        #expect(text.contains("-  a: '*** (before)'\n+  a: '*** (after)'\n   b: '***'\n"), "\(text)")
    }
}

@Suite struct `A plan follows the inventory` {
    @Test func `what is applied already is left alone, what is gone from git is deleted, the empty tree deletes nothing`() throws {
        let object = try loaded(web)
        let entry = try #require(InventoryEntry("/v1/configmaps/ConfigMap/default/old"))
        let namespace = try #require(InventoryEntry("/v1/namespaces/Namespace//shop"))
        #expect(entry.description == "/v1/configmaps/ConfigMap/default/old")
        let plan = Plan(desired: [object], applied: [:], inventory: [namespace, entry, InventoryEntry(object)])
        #expect(plan.stages.map { $0.map(\.id) } == [[object.id]])
        #expect(plan.prunes == [[entry], [namespace]])
        #expect(Plan(desired: [object], applied: [object.id: object.digest], inventory: [InventoryEntry(object)]).isEmpty)
        #expect(Plan(desired: [], applied: [:], inventory: [entry]).isEmpty)
    }
}

private struct HealthCase: Sendable {
    var object: Value
    var health: Health
    init(_ object: Value, _ state: Health.State, _ reason: String = "") {
        self.object = object
        health = Health(state, reason)
    }
}

@Suite struct `Health is what an object's own status says` {
    @Test(
        arguments: [
            HealthCase(["kind": "ConfigMap"], .current),
            HealthCase(
                ["kind": "Deployment", "metadata": ["generation": 2], "spec": ["replicas": 3], "status": ["observedGeneration": 1]],
                .inProgress, "its controller has not looked at the last change yet"),
            HealthCase(
                [
                    "kind": "Deployment", "metadata": ["generation": 1], "spec": ["replicas": 3],
                    "status": ["observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 1],
                ], .inProgress, "1 of 3 pods are available"),
            HealthCase(
                [
                    "kind": "Deployment", "metadata": ["generation": 1], "spec": ["replicas": 3],
                    "status": ["observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3],
                ], .current),
            HealthCase(
                ["kind": "Job", "status": ["conditions": [["type": "Failed", "status": "True", "message": "too many"]]]], .failed,
                "too many"),
            HealthCase(
                [
                    "kind": "Pod",
                    "status": [
                        "phase": "Pending",
                        "containerStatuses": [["name": "a", "state": ["waiting": ["reason": "ErrImagePull", "message": "no"]]]],
                    ],
                ], .failed, "container a is in ErrImagePull: no"),
        ])
    fileprivate func `by the rules of kstatus`(example: HealthCase) {
        #expect(Health.of(APIObject(example.object)) == example.health)
    }
}
