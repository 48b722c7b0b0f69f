import Foundation
import Programs
import Testing

/// `skiff reconcile`: one pass, its exit codes, and by which engine.
@Suite(.serialized, .ownThreads) struct ReconcileTests {
    private func sleeper(_ name: String, ready: String = "true") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name)}
        spec:
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: host/sleep
                  args: ["1000"]
                  readinessProbe: {exec: {command: ["\(ready)"]}, periodSeconds: 1}

        """
    }

    @Test func `without an engine it runs one, leaves its pods running, and the next start has them`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", sleeper("web"))
        try repository.push("First")
        let state = folder.path + "/state"
        folder.holds(cluster: state)
        func reconcile(_ arguments: String...) throws -> Outcome {
            try Program.run(Program.skiff, ["reconcile", "--repo", repository.bare, "--state-dir", state] + arguments)
        }
        let first = try reconcile()
        #expect(first.status == 0, "\(first.output)\(first.errors)")
        #expect(first.output.contains("synced    yes") && first.output.contains("objects   1, 1 healthy, 0 drifted"), "\(first.output)")
        let pods = try FileManager.default.contentsOfDirectory(atPath: state + "/node/pods")
        #expect(pods.count == 1)
        let shim = try #require(Processes.running("\(state)/node/pods/\(pods[0])/shim"), "the pod goes on without an engine")

        // Another pass takes it up and changes nothing.
        let second = try reconcile("--once", "-o", "json")
        #expect(second.status == 0, "\(second.output)\(second.errors)")
        #expect(second.output.contains("\"exitCode\":0") && second.output.contains("\"healthy\":true"), "\(second.output)")
        #expect(Processes.running("\(state)/node/pods/\(pods[0])/shim") == shim)

        // One that never becomes ready: applied, not healthy in time, and why.
        try repository.write("slow.yaml", sleeper("slow", ready: "false"))
        try repository.push("Slow")
        let slow = try reconcile("--timeout", "3s")
        #expect(slow.status == 3, "\(slow.output)\(slow.errors)")
        #expect(slow.output.contains("Deployment default/slow: InProgress: 0 of 1 pods are available (slow.yaml:1)"), "\(slow.output)")
        #expect(!slow.output.contains("Deployment default/web:"))

        let cluster = try await Cluster(state: state, ["--without", "reconciler"], in: folder)
        try await eventually("the engine has the pod") {
            try cluster.get("deployment web", ".status.availableReplicas") == "1"
        }
        #expect(cluster.shims()[pods[0]] == shim)
        #expect(try cluster.get("pods -l app=web", ".items[0].status.containerStatuses[0].restartCount") == "0")
    }

    @Test func `with the engine that runs, or another by its kubeconfig; what failed is 1 with every reason`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.write("old.yaml", Manifest.configMap("old", "there"))
        try repository.push("First")
        let cluster = try await Cluster(state: folder.path + "/state", ["--without", "reconciler,node,proxy"])
        func reconcile(_ arguments: String...) throws -> Outcome {
            try Program.run(
                Program.skiff, ["reconcile", "--repo", repository.bare, "--timeout", "5s"] + arguments, environment: Repository.ada)
        }
        #expect(try reconcile("--state-dir", cluster.state).status == 0)
        #expect(try cluster.greeting() == "hello")
        #expect(
            try cluster.kubectl("get", "syncs", "--no-headers").output.contains("True"), "an engine without a reconciler learns the kind")
        // The one that runs was used: it still does.
        #expect(try cluster.kubectl("get", "--raw", "/readyz").output == "ok")

        // What fails keeps the others from nothing but pruning.
        try repository.git("rm", "-q", "old.yaml")
        try repository.write("web.yaml", Manifest.configMap("web", "changed"))
        try repository.write("lost.yaml", Manifest.configMap("lost", "hello", namespace: "nowhere"))
        try repository.write(
            "job.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: none}\nspec: {template: {spec: {containers: []}}}\n")
        try repository.push("Wrong")
        let failed = try reconcile("--state-dir", cluster.state)
        #expect(failed.status == 1)
        #expect(
            failed.output.contains("lost.yaml:1: ConfigMap nowhere/lost: namespaces \"nowhere\" not found: add a Namespace nowhere"),
            "\(failed.output)")
        #expect(failed.output.contains("job.yaml:4:26: Job default/none: Job.batch \"none\" is invalid: "), "\(failed.output)")
        #expect(try cluster.greeting() == "changed")
        #expect(try cluster.greeting("old") == "there")

        // From another place, by the kubeconfig alone.
        try repository.git("rm", "-q", "lost.yaml", "job.yaml")
        try repository.push("Mended")
        let kubeconfig = "\(cluster.state)/kubeconfig"
        let elsewhere = try reconcile("--state-dir", folder.path + "/elsewhere", "--kubeconfig", kubeconfig)
        #expect(elsewhere.status == 0, "\(elsewhere.output)\(elsewhere.errors)")
        #expect(try cluster.greeting("old").isEmpty, "pruned by the inventory that the cluster keeps")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/elsewhere/store"))

        // A repository that is away, and a cluster that is.
        let away = try Program.run(
            Program.skiff,
            ["reconcile", "--repo", folder.path + "/none.git", "--kubeconfig", kubeconfig, "--state-dir", folder.path + "/x"])
        #expect(away.status == 1)
        #expect(away.output.contains("cannot reach \(folder.path)/none.git: no such folder"), "\(away.output)\(away.errors)")
        try await cluster.end(SIGTERM)
        let stopped = try reconcile("--state-dir", folder.path + "/elsewhere", "--kubeconfig", kubeconfig)
        #expect(stopped.status == 1)
        #expect((stopped.output + stopped.errors).contains("cannot be reached"), "\(stopped.output)\(stopped.errors)")
    }

    @Test func `a job that has failed is a failure, with its reason`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write(
            "job.yaml",
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: wrong}
            spec:
              backoffLimit: 0
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: host/false}]

            """)
        try repository.push("A job")
        let cluster = try await Cluster.whole(folder)
        let flags = ["reconcile", "--repo", repository.bare, "--state-dir", cluster.state, "--timeout", "0s"]
        var outcome = try Program.run(Program.skiff, flags)
        try await eventually("the job has failed") {
            outcome = try Program.run(Program.skiff, flags)
            return outcome.status == 1
        }
        #expect(
            outcome.output.contains("Job default/wrong: Failed: Job has reached the specified backoff limit (job.yaml:1)"),
            "\(outcome.output)")
    }

    @Test func `a pass beside a cluster that follows the same remote: neither undoes the other`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "one"))
        try repository.write("old.yaml", Manifest.configMap("old", "there"))
        try repository.push("One")
        let server = try await GitServer(folder, isReadOnly: false)
        // It would look again in an hour.
        let cluster = try await Cluster(
            state: folder.path + "/state",
            ["--repo", server.url(of: repository), "--interval", "1h", "--without", "node,proxy"])
        try await eventually("the first commit runs") { cluster.said.contains("in sync") }
        try repository.git("rm", "-q", "old.yaml")
        try repository.write("web.yaml", Manifest.configMap("web", "two"))
        try repository.push("Two")
        let head = try repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
        let pass = try cluster.skiff("reconcile")
        #expect(pass.status == 0, "\(pass.output)\(pass.errors)")
        #expect(try cluster.greeting() == "two")

        #expect(try cluster.greeting("old").isEmpty)
        #expect(try cluster.kubectl("get", "sync", "default", "-o", "jsonpath={.status.lastAppliedRevision}").output == head)
        let history = try cluster.skiff("history").output.split(separator: "\n")
        #expect(history.count == 2 && history.first?.contains("2 changed") == true, "\(history)")
        try await isToldOnce(head, repository)
        // It knows of the new commit, an hour before it would look.
        #expect(try cluster.kubectl("patch", "configmap", "web", "--type=merge", "-p", "{\"data\":{\"greeting\":\"by hand\"}}").status == 0)
        try await eventually("what was changed by hand is put right by the new commit") {
            try cluster.greeting() == "two"
        }
        #expect(!cluster.said.contains("git says \"one\""), "\(cluster.said)")
    }

    @Test func `a pass right after a push that is noticed at the same time: the commit is told of once`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "begin"))
        try repository.push("Begin")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare, "--without", "node,proxy"])
        try await eventually("the first commit runs") { cluster.said.contains("in sync") }
        for step in 1...5 {
            try repository.write("web.yaml", Manifest.configMap("web", "step-\(step)"))
            try repository.git("rm", "-q", "--ignore-unmatch", "extra-\(step - 1).yaml")
            try repository.write("extra-\(step).yaml", Manifest.configMap("extra-\(step)", "x"))
            try repository.push("Step \(step)")
            let pass = try cluster.skiff("reconcile")
            #expect(pass.status == 0, "\(pass.output)\(pass.errors)")
            #expect(try cluster.greeting() == "step-\(step)")
            #expect(try cluster.greeting("extra-\(step - 1)").isEmpty)
            try await isToldOnce(repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines), repository)
        }
        let history = try cluster.skiff("history").output.split(separator: "\n")
        #expect(history.count == 6, "\(history)")
        #expect(history.dropLast(2).allSatisfy { $0.contains("3 changed") }, "\(history)")
        #expect(!cluster.said.contains("drift"), "\(cluster.said)")
    }

    /// The status branch has one commit of a revision.
    private func isToldOnce(_ head: String, _ repository: Repository) async throws {
        let message = "default: \(head.prefix(10)) in sync"
        func commits() throws -> Int {
            try repository.git("log", "--format=%s", "skiff/status/default", in: repository.bare).split(separator: "\n")
                .filter { $0 == message }.count
        }
        try await eventually("the status branch tells of it") { try commits() > 0 }
        #expect(try commits() == 1)
    }
}
