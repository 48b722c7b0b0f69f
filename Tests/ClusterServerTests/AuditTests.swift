import ClusterObjects
import Foundation
import Logging
import Testing

@testable import ClusterServer

@Suite struct AuditTests {
    private func policy(_ rules: Value...) throws -> AuditPolicy {
        try AuditPolicy(["apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": .array(rules)])
    }

    private func level(
        _ policy: AuditPolicy, _ verb: String = "get", _ resource: String = "pods", group: String = "", subresource: String = "",
        namespace: String = "d", user: UserInfo = UserInfo(name: "jane", groups: ["team"])
    ) -> AuditLevel {
        policy.decision(
            for: AccessRequest(user, verb, group: group, resource: resource, subresource: subresource, namespace: namespace, name: "x")
        ).level
    }

    @Test func `the first rule that matches counts, what none matches is not written down`() throws {
        let policy = try policy(
            ["level": "None", "users": ["system:kube-proxy"]], ["level": "Metadata", "verbs": ["delete"]],
            ["level": "Request", "resources": [["group": "", "resources": ["pods/*"]]], "namespaces": ["d"]],
            ["level": "RequestResponse", "userGroups": ["team"], "resources": [["group": "apps"]]],
            ["level": "Metadata", "nonResourceURLs": ["/metrics", "/logs*"]])
        #expect(level(policy, "delete", user: UserInfo(name: "system:kube-proxy")) == .none)
        #expect(level(policy, "delete") == .metadata)
        #expect(level(policy) == .none)
        #expect(level(policy, subresource: "log") == .request)
        #expect(level(policy, subresource: "log", namespace: "e") == .none)
        #expect(level(policy, "get", "deployments", group: "apps") == .requestResponse)
        #expect(level(policy, "get", "deployments", group: "apps", user: UserInfo(name: "jo")) == .none)
        #expect(policy.decision(for: AccessRequest(UserInfo(name: "jo"), "get", path: "/logs/x")).level == .metadata)
        #expect(policy.decision(for: AccessRequest(UserInfo(name: "jo"), "get", path: "/livez")).level == .none)
    }

    @Test func `secrets are shown only by a rule that names them`() throws {
        let everything = try policy(["level": "RequestResponse"])
        #expect(level(everything) == .requestResponse)
        #expect(level(everything, "get", "secrets") == .metadata)
        #expect(level(everything, "create", "serviceaccounts", subresource: "token") == .metadata)
        #expect(level(try policy(["level": "Request", "resources": [["resources": ["*"]]]]), "get", "secrets") == .metadata)
        #expect(level(try policy(["level": "Request", "resources": [["resources": ["secrets"]]]]), "get", "secrets") == .request)
    }

    @Test func `what is wrong in a policy is named by its field`() {
        func problem(_ rule: Value) -> String {
            do { _ = try policy(rule) } catch { return "\(error)" }
            return ""
        }
        #expect(problem(["level": "All"]) == "rules[0].level: must be one of None, Metadata, Request, RequestResponse")
        #expect(problem(["level": "None", "user": []]) == "rules[0].user: no such field")
        #expect(problem(["level": "None", "verbs": "get"]) == "rules[0].verbs: must be a list of strings")
        #expect(
            problem(["level": "None", "nonResourceURLs": ["/"], "namespaces": ["d"]])
                == "rules[0].nonResourceURLs: a rule is for resources or for paths, not for both")
    }

    @Test func `a file that has grown is put aside, and only the newest are kept`() throws {
        let folder = NSTemporaryDirectory() + "skiff-audit-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = FileManager.default.createFile(atPath: "\(folder)/audit-mine.log", contents: nil)
        var limits = AuditLog.Limits()
        limits.size = 200
        limits.backups = 2
        let log = try AuditLog(path: "\(folder)/audit.log", limits: limits, logger: Logger(label: "test"))
        let padding = Value.string(String(repeating: "x", count: 150))
        for number in 0..<8 {
            log.write(["n": Value(number), "x": padding])
            // Names have milliseconds in them.
            Thread.sleep(forTimeInterval: 0.002)
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files.count == 4 && files.contains("audit-mine.log"), "\(files)")
        let last = try String(contentsOfFile: "\(folder)/audit.log", encoding: .utf8)
        #expect(last.contains("\"n\":7") && last.split(separator: "\n").count == 1)
    }
}
