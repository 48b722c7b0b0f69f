import Foundation
import Programs
import Testing

/// Live changes to what git says, made with kubectl: noticed, explained, corrected or left.
@Suite(.serialized, .ownThreads) struct DriftTests {
    private static let apiOnly = ["--without", "node,proxy"]
    private static let deployment = Manifest.deployment(replicas: 3)

    @Test func `drift is corrected at once, and the log keeps who did what, where git says it and which commit did`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("First")
        try repository.write("deployment.yaml", Self.deployment)
        try repository.push("Three replicas")
        let commit = try repository.git("rev-parse", "HEAD").prefix(10)
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("the commit runs") { cluster.said.contains("in sync") }

        try cluster.kubectl("scale", "deployment/web", "--replicas=1")
        let told = "Deployment default/web: spec.replicas: git says 3, live is 1 by kubectl, noticed "
        try await eventually("the drift is told of") { cluster.said.contains("drift: " + told) }
        let line = try #require(cluster.said.split(separator: "\n").first { $0.contains(told) })
        #expect(line.hasSuffix("(deployment.yaml:6:3, changed in \(commit) by Ada, \"Three replicas\")"), "\(line)")
        try await eventually("three are wanted again") {
            try cluster.kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}").output == "3"
        }

        try cluster.kubectl("delete", "configmap", "web", "--wait=false")
        try await eventually("it is made again") { try cluster.greeting() == "hello" }
        try await eventually("the deletion is told of, and who did it") {
            cluster.said.contains("drift: ConfigMap default/web: deleted by kubernetes-admin at ")
        }
        // Status, defaults, what controllers and people add is none.
        try cluster.kubectl("label", "configmap", "web", "color=blue")
        try cluster.kubectl("annotate", "deployment", "web", "note=mine")
        let drift = try cluster.skiff("drift")
        #expect(drift.status == 0)
        #expect(drift.output.hasPrefix("no drift\n"), "\(drift.output)")
        #expect(drift.output.contains(told) && drift.output.contains("deleted by kubernetes-admin"), "the log stays: \(drift.output)")
        #expect(try cluster.kubectl("get", "configmap", "web", "-o", "jsonpath={.metadata.labels.color}").output == "blue")
        let corrections = cluster.said.split(separator: "\n").filter { $0.hasPrefix("corrected: ") }
        #expect(corrections == ["corrected: Deployment default/web", "corrected: ConfigMap default/web"])
    }

    @Test func `a namespace that is deleted comes back, and with it all that git has in it`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("shop.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
        for name in ["a", "b"] { try repository.write("\(name).yaml", Manifest.configMap(name, "git", namespace: "shop")) }
        try repository.write("web.yaml", Self.deployment.replacing("  name: web\n", with: "  name: web\n  namespace: shop\n"))
        try repository.push("A shop")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("the commit runs") { cluster.said.contains("in sync") }
        func ids() throws -> [String] {
            try cluster.kubectl(
                "get", "namespace/shop", "configmap/a", "configmap/b", "deployment/web", "-n", "shop", "--ignore-not-found", "-o",
                "jsonpath={.items[*].metadata.uid}"
            ).output.split(separator: " ").map(String.init)
        }
        let first = try ids()
        #expect(first.count == 4)
        #expect(try cluster.kubectl("delete", "namespace", "shop", "--timeout=60s").status == 0)
        try await eventually("all of it is there anew") { try Set(ids()).subtracting(first).count == 4 }
        try await eventually("and told") {
            cluster.said.contains("corrected: Namespace shop") && cluster.said.contains("corrected: Deployment")
        }
        #expect(cluster.said.contains("drift: Namespace shop: deleted by kubernetes-admin at "))

        // One that cannot go yet takes nothing new, which is tried again and told once.
        let hold = #"{"metadata":{"finalizers":["example.com/hold"]}}"#
        #expect(try cluster.kubectl("patch", "namespace", "shop", "--type=merge", "-p", hold).status == 0)
        #expect(try cluster.kubectl("delete", "namespace", "shop", "--wait=false").status == 0)
        try repository.write("c.yaml", Manifest.configMap("c", "git", namespace: "shop"))
        try repository.push("One more")
        let refused = "ConfigMap shop/c: configmaps \"c\" is forbidden: unable to create new content in namespace shop"
        try await eventually("it is told") { cluster.said.contains(refused) }
        // Every try is noted in the Sync when it begins and when it ends.
        var versions: Set<String> = []
        try await eventually("it is tried again, and again") {
            versions.insert(try cluster.kubectl("get", "sync", "default", "-o", "jsonpath={.metadata.resourceVersion}").output)
            return versions.count > 4
        }
        #expect(
            try cluster.kubectl("patch", "namespace", "shop", "--type=merge", "-p", #"{"metadata":{"finalizers":null}}"#).status == 0)
        try await eventually("the new one is there, too") {
            try cluster.kubectl("get", "configmap", "c", "-n", "shop", "--ignore-not-found", "-o", "name").output == "configmap/c\n"
        }
        #expect(cluster.said.components(separatedBy: "\n").count { $0.hasPrefix("c.yaml:") } == 1, "\(cluster.said)")
    }

    @Test func `with report drift stays, drift, diff and plan say it, and their exit codes`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.write("gone.yaml", Manifest.configMap("gone", "here"))
        try repository.push("First")
        let cluster = try await Cluster(
            state: folder.path + "/state", ["--repo", repository.bare, "--drift", "report"] + Self.apiOnly)
        try await eventually("the first commit runs") { cluster.said.contains("in sync") }
        #expect(try cluster.skiff("plan", "--detailed-exitcode").status == 0)
        #expect(try cluster.skiff("diff").status == 0)
        #expect(try cluster.skiff("drift").status == 0)

        try cluster.kubectl("patch", "configmap", "web", "--type=merge", "-p", "{\"data\":{\"greeting\":\"pirates\"}}")
        try cluster.kubectl("delete", "configmap", "gone", "--wait=false")
        try await eventually("drift is told of") { cluster.said.contains("pirates") && cluster.said.contains("default/gone: deleted by") }
        let drift = try cluster.skiff("drift")
        #expect(drift.status == 1)
        #expect(drift.output.contains("web.yaml:6:3, changed in ") && drift.output.contains("pirates"), "\(drift.output)")
        #expect(drift.output.contains("ConfigMap default/gone: deleted by kubernetes-admin at "), "\(drift.output)")
        let json = try cluster.skiff("drift", "-o", "json").output
        for part in [
            "\"field\":\"data.greeting\"", "\"manager\":\"kubectl-patch\"", "\"line\":6", "\"subject\":\"First\"", "\"deletedBy\"",
        ] {
            #expect(json.contains(part), "\(json)")
        }
        let diff = try cluster.skiff("diff")
        #expect(diff.status == 1)
        #expect(diff.output.contains("-  greeting: pirates\n+  greeting: hello\n"), "\(diff.output)")
        #expect(try cluster.skiff("plan", "--detailed-exitcode").status == 2)
        #expect(try cluster.skiff("plan").status == 0)
        #expect(try cluster.greeting() == "pirates")

        // The same over HTTP alone, without the state directory's engine knowing.
        let elsewhere = try Program.run(
            Program.skiff,
            ["drift", "--repo", repository.bare, "--kubeconfig", "\(cluster.state)/kubeconfig", "--state-dir", folder.path + "/other"])
        #expect(elsewhere.status == 1, "\(elsewhere.errors)")
        #expect(elsewhere.output == drift.output)

        // What cannot be told is 2, and an error of diff more than 1.
        try await cluster.end(SIGTERM)
        for command in ["drift", "diff"] {
            let outcome = try cluster.skiff(command)
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("no cluster runs on \(cluster.state): start it with skiff up"), "\(outcome.errors)")
        }
        for command in ["status", "history"] {
            let outcome = try cluster.skiff(command)
            #expect(outcome.status == 1)
            #expect(
                outcome.errors.hasSuffix("what it said last is on branch skiff/status/default of \(repository.bare)\n"), "\(outcome.errors)"
            )
        }
        #expect(try cluster.skiff("plan", "--detailed-exitcode").status == 1)
    }
}
