import Foundation
import Programs
import Testing

/// What a Secret holds is in nothing that skiff prints, logs or commits, whatever happens to it.
@Suite(.serialized, .ownThreads) struct SecretTests {
    /// The values that the Secrets of this test have at one time or another, plain and in base64.
    private static let values = ["hunter2", "swordfish", "open-sesame", "xyzzy"]
    private static let traces = values + values.map { String(Data($0.utf8).base64EncodedString().prefix(8)) }

    private func secret(_ name: String, _ lines: String) -> String {
        "apiVersion: v1\nkind: Secret\nmetadata: {name: \(name)}\n\(lines)\n"
    }

    @Test func `no command, log, event or status branch has a Secret's values`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        let encoded = Data("hunter2".utf8).base64EncodedString()
        try repository.write("key.yaml", secret("key", "stringData: {password: hunter2}"))
        try repository.write("encoded.yaml", secret("encoded", "data: {password: \(encoded)}"))
        try repository.write("fixed.yaml", secret("fixed", "immutable: true\nstringData: {password: xyzzy}"))
        try repository.write(
            "user.yaml",
            Manifest.pod(
                "user", "sleep 1000", spec: "volumes: [{name: key, secret: {secretName: key}}]",
                container: """
                    env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: key, key: password}}}]
                    volumeMounts: [{name: key, mountPath: /key}]
                    """))
        try repository.push("Secrets")
        let state = folder.path + "/state"
        let cluster = try await Cluster(state: state, ["--repo", repository.bare, "--drift", "report"], in: folder)
        try await cluster.isReady("user")
        let seen = try cluster.kubectl("exec", "user", "--", "sh", "-c", "echo $PASSWORD; cat /key/password")
        #expect(seen.output == "hunter2\nhunter2", "\(seen)")

        var texts: [String: String] = [:]
        func look(_ when: String, _ commands: [String] = ["status", "history", "drift", "plan"]) throws {
            for output in commands.count > 1 ? ["text", "json", "yaml"] : ["text"] {
                for command in commands {
                    let outcome = try cluster.skiff(command, "-o", output)
                    texts["\(when): \(command) \(output)"] = outcome.output + outcome.errors
                }
                for command in ["validate", "render"] {
                    let outcome = try Program.run(Program.skiff, [command, repository.work, "-o", output])
                    texts["\(when): \(command) \(output)"] = outcome.output + outcome.errors
                }
            }
            guard commands.count > 1 else { return }
            let diff = try cluster.skiff("diff")
            texts["\(when): diff"] = diff.output + diff.errors
        }
        try look("in sync")
        #expect(texts.values.contains { $0.contains("nothing wrong") })

        // Drift of one, a value more, and one that is gone.
        let patch = ["patch", "secret", "key", "--type=merge", "-p", "{\"stringData\":{\"password\":\"swordfish\",\"more\":\"xyzzy\"}}"]
        #expect(try cluster.run(patch).status == 0)
        // Applied by a client that notes all it applied in an annotation.
        let applied = try cluster.kubectl("apply", "-f", "-", input: secret("encoded", "stringData: {password: swordfish}"))
        #expect(applied.status == 0, "\(applied.errors)")
        try await eventually("the drift is told") {
            cluster.said.contains("drift: Secret default/key") && cluster.said.contains("drift: Secret default/encoded")
        }
        try look("drift")
        let drift = try cluster.skiff("drift")
        #expect(drift.status == 1)
        #expect(
            drift.output.contains("Secret default/key: data.password: git says a secret value, live is a secret value by kubectl-patch"))
        #expect(try cluster.skiff("diff").output.contains("-  password: '*** (before)'\n+  password: '*** (after)'"))

        // A new value, one that may not change, and ones that the server or the loader refuse.
        try repository.write("key.yaml", secret("key", "stringData: {password: open-sesame}"))
        try repository.write("fixed.yaml", secret("fixed", "immutable: true\nstringData: {password: open-sesame}"))
        try repository.write("login.yaml", secret("login", "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: xyzzy}"))
        try repository.push("Changed")
        try await eventually("the failures are told") {
            cluster.said.contains(": Secret default/fixed: ") && cluster.said.contains(": Secret default/login: ")
        }
        try look("failed")
        for (step, lines) in [
            "data: {password: hunter2!}", "stringData: {password: [hunter2]}", "stringData: {a: hunter2, a: hunter2}", "data: hunter2",
            "data: {a: \"hunter2\\q\"}", "stringData:\n  a: hunter2\n\tb: hunter2", "stringdata: {a: hunter2}", "type: {a: hunter2}",
        ].enumerated() {
            try repository.write("login.yaml", secret("login", lines))
            try repository.push("Refused \(step)")
            try await eventually("it is told that \(lines) is wrong") { cluster.said.contains("Refused \(step)\nlogin.yaml:") }
            try look("refused \(step)", ["status"])
        }
        try repository.git("revert", "--no-edit", "HEAD~8..HEAD")
        try repository.git("push", "-q", "origin", "HEAD:main")
        let rolled = try cluster.skiff("rollback", "HEAD", "-o", "json")
        texts["rollback"] = rolled.output + rolled.errors
        for output in ["text", "json"] {
            let outcome = try cluster.skiff("reconcile", "--timeout", "1s", "-o", output)
            texts["reconcile \(output)"] = outcome.output + outcome.errors
        }

        texts["up"] = cluster.said
        texts["events"] = try cluster.kubectl("get", "events", "-A", "-o", "yaml").output
        texts["sync"] = try cluster.kubectl("get", "syncs", "-o", "yaml").output
        texts["describe"] = try cluster.kubectl("describe", "pods,syncs").output
        texts["node"] = try cluster.kubectl("get", "pods,nodes", "-A", "-o", "yaml").output
        texts["branch"] = try repository.git("log", "-p", "skiff/status/default", in: repository.bare)
        #expect(texts["branch"]?.contains("Secret default/key") == true)
        for (name, text) in texts {
            for trace in Self.traces { #expect(!text.contains(trace), "\(trace) is in \(name):\n\(text)") }
        }
    }
}
