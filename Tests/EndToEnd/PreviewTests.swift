import Foundation
import Programs
import Testing

/// `skiff plan` and `skiff diff`: what a commit would change, told without changing anything.
@Suite(.serialized, .ownThreads) struct PreviewTests {
    private static let deployment = Manifest.deployment(replicas: 2)
    private static let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: things.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}
          versions:
            - name: v1
              served: true
              storage: true
              schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
        ---
        apiVersion: example.com/v1
        kind: Thing
        metadata: {name: one}
        spec: {size: 3}

        """

    @Test func `a branch that is not deployed is planned and diffed as kubectl would`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Self.deployment)
        try repository.write("old.yaml", Manifest.configMap("old", "there"))
        try repository.write("same.yaml", Manifest.configMap("same", "there"))
        try repository.push("First")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare, "--without", "node,proxy"])
        try await eventually("it runs") { cluster.said.contains("in sync") }
        let before = try cluster.kubectl("get", "deployments,configmaps", "-A", "-o", "yaml").output

        try repository.git("checkout", "-q", "-b", "feature")
        let changed = Self.deployment.replacing("replicas: 2", with: "replicas: 5").replacing("\"60\"", with: "\"90\"")
        try repository.write("web.yaml", changed)
        try repository.git("rm", "-q", "old.yaml")
        try repository.write(
            "shop.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n" + Manifest.configMap("new", "hello", namespace: "shop"))
        try repository.write("things.yaml", Self.definition)
        try repository.git("add", "-A")
        try repository.git("commit", "-q", "-m", "A feature")
        try repository.git("push", "-q", "origin", "feature")

        let plan = try cluster.skiff("plan", "--ref", "feature", "--detailed-exitcode")
        #expect(plan.status == 2)
        #expect(
            plan.output == """
                create CustomResourceDefinition things.example.com (things.yaml:1)
                create Namespace shop (shop.yaml:1)
                create ConfigMap shop/new (shop.yaml:5)
                create Thing default/one (things.yaml:14)
                change Deployment default/web (web.yaml:1)
                delete ConfigMap default/old
                6 to change, 1 as they should be

                """)
        #expect(try cluster.skiff("plan", "--ref", "feature").status == 0)
        let json = try cluster.skiff("plan", "--ref", "feature", "-o", "json").output
        for part in ["\"change\":\"created\"", "\"change\":\"configured\"", "\"change\":\"pruned\"", "\"unchanged\":1", "\"line\":14"] {
            #expect(json.contains(part), "\(json)")
        }

        let diff = try cluster.skiff("diff", "--ref", "feature")
        #expect(diff.status == 1)
        #expect(diff.output.contains("+++ MERGED/v1.ConfigMap.shop.new\n@@ -0,0 +1,"), "\(diff.output)")
        #expect(diff.output.contains("--- LIVE/v1.ConfigMap.default.old\n"), "\(diff.output)")
        #expect(!diff.output.contains("ConfigMap.default.same"))
        // Of the Deployment the same lines as kubectl's.
        let file = try folder.write("changed.yaml", changed)
        let kubectl = try cluster.kubectl(
            "diff", "--server-side", "--field-manager", "skiff", "--force-conflicts", "-f", file)
        #expect(kubectl.status == 1, "\(kubectl.errors)")
        func lines(_ text: String) -> [String] {
            text.split(separator: "\n").map(String.init).filter {
                ($0.hasPrefix("-") || $0.hasPrefix("+")) && !$0.hasPrefix("---") && !$0.hasPrefix("+++") && !$0.contains("generation:")
            }
        }
        let part = try #require(diff.output.components(separatedBy: "diff -u -N ").first { $0.hasPrefix("LIVE/apps.v1.Deployment") })
        #expect(lines(part) == lines(kubectl.output) && lines(part).count == 4, "\(part)\n\(kubectl.output)")

        // Nothing was changed, and after the merge nothing is left to change.
        #expect(try cluster.kubectl("get", "deployments,configmaps", "-A", "-o", "yaml").output == before)
        try repository.git("push", "-q", "origin", "feature:main")
        try await eventually("the feature runs") { try cluster.greeting("old").isEmpty && cluster.skiff("diff").status == 0 }
        let nothing = try cluster.skiff("plan", "--detailed-exitcode")
        #expect(nothing.status == 0)
        #expect(nothing.output == "0 to change, 6 as they should be\n")
    }

    @Test func `errors are told apart from changes`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("First")
        let cluster = try await Cluster(state: folder.path + "/state", ["--without", "reconciler,node,proxy"])
        func skiff(_ arguments: String...) throws -> Outcome {
            try Program.run(Program.skiff, arguments + ["--repo", repository.bare, "--state-dir", cluster.state])
        }
        // Into an empty cluster, which has no Sync yet.
        #expect(
            try skiff("plan", "--detailed-exitcode").output
                == "create ConfigMap default/web (web.yaml:1)\n1 to change, 0 as they should be\n")
        #expect(try skiff("diff").status == 1)
        // The server refuses one object, the loader another.
        try repository.write(
            "job.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: none}\nspec: {template: {spec: {containers: []}}}\n")
        try repository.push("Refused")
        for flags in [[], ["--detailed-exitcode"]] {
            let plan = try Program.run(
                Program.skiff, ["plan", "--repo", repository.bare, "--state-dir", cluster.state] + flags)
            #expect(plan.status == 1)
            #expect(plan.output.hasPrefix("job.yaml:4:26: Job default/none: Job.batch \"none\" is invalid: "), "\(plan.output)")
        }
        let diff = try skiff("diff")
        #expect(diff.status == 2)
        #expect(diff.errors.hasPrefix("job.yaml:4:26: "), "\(diff.errors)")
        #expect(diff.output.contains("+  greeting: hello"), "what can be told is told")
        try repository.write("job.yaml", "kind: Job\n")
        try repository.push("Broken")
        #expect(try skiff("plan", "--detailed-exitcode").status == 1)
        let broken = try skiff("diff")
        #expect(broken.status == 2 && broken.output.isEmpty)
        #expect(broken.errors.hasPrefix("job.yaml:1:1: "), "\(broken.errors)")
        #expect(try cluster.greeting().isEmpty, "nothing was applied")
    }
}
