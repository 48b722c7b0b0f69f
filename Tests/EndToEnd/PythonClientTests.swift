import Foundation
import Programs
import Testing

/// Client libraries of Python, unmodified, against a whole cluster: the programs of Tests/Clients.
@Suite(.serialized, .ownThreads) struct PythonClientTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let clients = "\(root)/Tests/Clients"

    /// A program of the virtual environment that `Scripts/setup test` makes.
    private func begin(_ program: String, _ arguments: [String], on cluster: Cluster) throws -> Background {
        let path = "\(Self.root)/.build/clients/bin/\(program)"
        try #require(FileManager.default.isExecutableFile(atPath: path), "run Scripts/setup test: \(path) is not there")
        return try Background(
            path, arguments,
            environment: ["KUBECONFIG": "\(cluster.state)/kubeconfig", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"])
    }

    @Test(arguments: [
        ("official", ["objects", "watches", "workloads", "streams", "access", "definitions", "leaders", "leaving"]),
        ("asynchronous", ["discovery", "objects", "workloads", "streams", "watches", "definitions", "leaving"]),
    ])
    func `a client library finds what it expects of Kubernetes`(_ program: String, _ parts: [String]) async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder)
        let running = try begin("python", ["\(Self.clients)/\(program).py"], on: cluster)
        #expect(try await running.status() == 0, "\(running.said)")
        let held = running.said.split(separator: "\n").filter { $0.hasSuffix(" held") }.map { String($0.dropLast(5)) }
        #expect(held == parts, "\(running.said)")
    }

    @Test func `an operator of kopf makes, changes and takes leave of its objects`() async throws {
        let folder = try Folder()
        let cluster = try await Cluster.whole(folder, ["--without", "reconciler,scheduler,node,proxy"])
        #expect(try cluster.kubectl("apply", "-f", "\(Self.clients)/brewery.yaml").status == 0)
        func begin() throws -> Background {
            try self.begin("kopf", ["run", "--standalone", "--namespace", "default", "\(Self.clients)/brewery.py"], on: cluster)
        }
        func brew(_ path: String) throws -> String { try cluster.get("brew pils", path) }
        let first = try begin()
        let brewed = try cluster.kubectl(
            "create", "-f", "-", input: "---\n{apiVersion: brewery.example.com/v1, kind: Brew, metadata: {name: pils}, spec: {litres: 5}}")
        #expect(brewed.status == 0, "\(brewed.errors)")
        try await eventually("the operator has told what it made") { try brew(".status.phase") == "Fermenting" }
        #expect(try brew(".metadata.finalizers[0]") == "brewery.example.com/cellar")
        #expect(try brew(".metadata.annotations.brewery\\.example\\.com/batch") == "1")
        #expect(try cluster.kubectl("get", "brews").output.split(separator: "\n").last?.split(separator: " ").last == "10")
        #expect(try cluster.get("configmap pils", ".data.bottles .metadata.ownerReferences[0].kind".replacing(" ", with: "}{")) == "10Brew")
        try await eventually("the timer has written") { try brew(".status.days") == "3" }
        #expect(try cluster.kubectl("patch", "brew", "pils", "--type=merge", "-p", #"{"spec":{"litres":7}}"#).status == 0)
        try await eventually("the change has been handled") { try brew(".status.phase") == "Poured" }
        #expect(try brew(".status.poured/spec\\.litres") == #"{"from":5,"to":7}"#)
        #expect(try cluster.get("configmap pils", ".data.bottles") == "14")
        try await eventually("it has told of it in events") {
            try cluster.kubectl("describe", "brew", "pils").output.contains("Creation is processed: 1 succeeded; 0 failed.")
        }

        // What happens while the operator is away waits for it.
        kill(first.pid, SIGTERM)
        #expect(try await first.status() == 0, "\(first.said)")
        #expect(try cluster.kubectl("delete", "brew", "pils", "--wait=false").status == 0)
        #expect(try brew(".metadata.deletionTimestamp") != "")
        let second = try begin()
        try await eventually("its end has been handled") { try cluster.get("configmap pils-book", ".data.drunk") == "all" }
        try await eventually("it and what it owned are gone") {
            try cluster.kubectl("get", "brew,configmap", "pils", "--ignore-not-found", "-o", "name").output.isEmpty
        }
        #expect(second.isRunning, "\(second.said)")
    }
}
