import Foundation
import Testing

/// What is deleted when a file goes, and what never is.
@Suite(.serialized, .ownThreads) struct PruneTests {
    private static let apiOnly = ["--without", "node,proxy"]

    private func state(_ cluster: Cluster, _ names: String...) throws -> [String] {
        try names.map { try cluster.greeting($0) }
    }

    @Test func `only what was applied is deleted, and only when all else could be applied`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        for name in ["a", "b", "c"] { try repository.write("\(name).yaml", Manifest.configMap(name, "git")) }
        try repository.write("shop.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
        try repository.write("in-shop.yaml", Manifest.configMap("in-shop", "git", namespace: "shop"))
        try repository.push("First")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("it runs") { cluster.said.contains("in sync") }
        try cluster.kubectl("create", "configmap", "mine", "--from-literal=greeting=mine")

        // One that cannot be applied: the others are, and nothing is deleted.
        try repository.git("rm", "-q", "a.yaml")
        try repository.write("b.yaml", Manifest.configMap("b", "changed"))
        try repository.write("lost.yaml", Manifest.configMap("lost", "x", namespace: "nowhere"))
        try repository.push("One is wrong")
        try await eventually("it is told") {
            cluster.said.contains("lost.yaml:1: ConfigMap nowhere/lost: namespaces \"nowhere\" not found")
        }
        #expect(try state(cluster, "a", "b", "c", "mine") == ["git", "changed", "git", "mine"])
        // What was missing comes to be: it is tried again by itself, and then what is gone is deleted.
        try cluster.kubectl("create", "namespace", "nowhere")
        try await eventually("what is gone is deleted") { try cluster.greeting("a").isEmpty }
        #expect(try state(cluster, "b", "c", "mine") == ["changed", "git", "mine"])
        #expect(cluster.said.contains("ConfigMap default/a pruned"))

        // Deleted and made anew by hand while its file goes: it is another's now.
        try await cluster.end(SIGTERM)
        let other = try await Cluster(state: cluster.state, ["--without", "reconciler,node,proxy"])
        try other.kubectl("delete", "configmap", "c")
        try other.kubectl("create", "configmap", "c", "--from-literal=greeting=mine")
        try repository.git("rm", "-q", "c.yaml", "shop.yaml", "in-shop.yaml")
        try repository.push("Fewer")
        try await other.end(SIGTERM)
        let next = try await Cluster(state: cluster.state, ["--repo", repository.bare] + Self.apiOnly)
        try await eventually("the namespace is deleted with what is in it") {
            try next.kubectl("get", "namespace", "shop", "--ignore-not-found").output.isEmpty
        }
        #expect(try state(next, "b", "c", "mine") == ["changed", "mine", "mine"])
        // The inventory has what is left, and so does the next start.
        let inventory = try next.kubectl("get", "sync", "default", "-o", "jsonpath={.status.inventory[*]}").output.split(separator: " ")
        let names = inventory.map { $0.split(separator: "/").dropFirst(3).prefix(2).joined(separator: "/") }
        #expect(names == ["default/b", "nowhere/lost"], "\(inventory)")
    }

    @Test func `a tree that is empty, cannot be read or does not load deletes nothing, and status says why`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("prod/web.yaml", Manifest.configMap("web", "git"))
        try repository.push("First")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare, "--path", "prod"] + Self.apiOnly)
        try await eventually("it runs") { try cluster.greeting() == "git" }
        let web = Manifest.configMap("web", "git")
        let bad: [(String, (Repository) throws -> Void, String)] = [
            ("moved", { try $0.write("production/web.yaml", web) }, "no folder prod in this commit: check --path"),
            ("emptied", { try $0.write("prod/README.md", "nothing here\n") }, "prod holds no manifest: nothing is changed or deleted"),
            (
                "ignored",
                {
                    try $0.write("prod/.skiffignore", "*\n"); try $0.write("prod/web.yaml", web)
                }, "prod holds no manifest"
            ),
            ("broken", { try $0.write("prod/web.yaml", "kind: ConfigMap\n") }, "web.yaml:1:1: no apiVersion"),
            (
                "linked", { try FileManager.default.createSymbolicLink(atPath: $0.work + "/prod", withDestinationPath: "other") },
                "prod is no folder"
            ),
        ]
        for (name, change, message) in bad {
            try? FileManager.default.removeItem(atPath: repository.work + "/prod")
            try change(repository)
            try repository.push(name)
            try await eventually("\(name) is told") { try cluster.skiff("status").output.contains(message) }
            #expect(try cluster.greeting() == "git", "\(name)")
            let status = try cluster.skiff("status")
            #expect(status.output.contains("synced    no"), "\(status.output)")
            // Drift from the last good commit is put right all the same.
            #expect(try cluster.kubectl("delete", "configmap", "web", "--wait=false").status == 0)
            try await eventually("it is kept up") { try cluster.greeting() == "git" }
        }
        try repository.git("rm", "-q", "-r", "prod")
        try repository.write("prod/web.yaml", Manifest.configMap("web", "mended"))
        try repository.push("Mended")
        try await eventually("it runs again") {
            try cluster.greeting() == "mended" && cluster.skiff("status").output.contains("synced    yes")
        }
    }
}
