import Foundation
import Testing

/// What the server does not do yet is never taken in silence.
@Suite(.serialized, .ownThreads) struct UnenforcedTests {
    private static let guardian = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: guard}
        webhooks:
        - name: guard.example.com
          sideEffects: None
          admissionReviewVersions: [v1]
          clientConfig: {url: "https://guard.example.com/check"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
        """
    private static let empty = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingWebhookConfiguration
        metadata: {name: to-be-filled}
        webhooks: []
        """
    private static let line = "not enforced: ValidatingWebhookConfiguration/guard: admission webhooks"

    @Test func `kubectl is refused it and told of the flag; with the flag it is taken and listed`() async throws {
        let folder = try Folder()
        let state = folder.path + "/state"
        let strict = try await Cluster(state: state)
        let refused = try strict.kubectl("apply", "-f", "-", input: Self.guardian)
        #expect(refused.status != 0)
        #expect(
            refused.errors.contains(
                "webhooks[0]: Forbidden: admission webhooks are not enforced by this server yet, and refused unless it runs with "
                    + "`skiff up --allow-unenforced`"), "\(refused.errors)")
        for options in [["apply", "-f", "-"], ["apply", "--server-side", "-f", "-"]] {
            let taken = try strict.kubectl(options, input: Self.empty)
            #expect(taken.status == 0, "\(taken.errors)")
        }
        #expect(try !strict.kubectl("get", "--raw", "/readyz?verbose").output.contains("not enforced"))
        #expect(try await strict.end(SIGTERM) == 0)

        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("First")
        let arguments = ["--repo", repository.bare, "--without", "node,proxy"]
        let lenient = try await Cluster(state: state, arguments + ["--allow-unenforced"])
        let taken = try lenient.kubectl("apply", "-f", "-", input: Self.guardian)
        #expect(taken.output == "validatingwebhookconfiguration.admissionregistration.k8s.io/guard created\n", "\(taken.errors)")
        #expect(try lenient.kubectl("label", "validatingwebhookconfiguration", "guard", "a=b").status == 0)
        try expectListed(lenient)
        #expect(try await lenient.end(SIGTERM) == 0)

        // It is there still: found at the start, and said, whether or not more would be taken.
        let again = try await Cluster(state: state, arguments)
        try expectListed(again)
        #expect(try again.kubectl("delete", "validatingwebhookconfiguration", "guard").status == 0)
        #expect(try !again.kubectl("get", "--raw", "/readyz?verbose").output.contains("not enforced"))
        #expect(try !again.skiff("status").output.contains("not enforced"))
    }

    private func expectListed(_ cluster: Cluster) throws {
        let inLog = cluster.said.split(separator: "\n").filter { $0.contains("accepted but not enforced") }
        #expect(inLog.count == 1 && inLog[0].contains("ValidatingWebhookConfiguration/guard: admission webhooks"), "\(cluster.said)")
        let ready = try cluster.kubectl("get", "--raw", "/readyz?verbose").output
        #expect(ready.contains("warn: \(Self.line)\n") && ready.hasSuffix("readyz check passed\n"), "\(ready)")
        let status = try cluster.skiff("status")
        #expect(status.output.contains(Self.line), "\(status.output)\(status.errors)")
    }
}
