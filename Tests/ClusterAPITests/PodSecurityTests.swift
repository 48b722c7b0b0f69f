import ClusterAPI
import ClusterObjects
import Testing

struct PodSecurityTests {
    struct Case: CustomTestStringConvertible {
        var level: String
        var spec: Value
        var annotations: [String: String] = [:]
        var text: String

        init(_ level: String, _ spec: Value, _ text: String, annotations: [String: String] = [:]) {
            self.level = level
            self.spec = spec
            self.annotations = annotations
            self.text = text
        }

        var testDescription: String { "\(level): \(text)" }
    }

    /// A container that keeps to the restricted standard, but for what is set on it.
    private static func container(_ name: String, _ context: Value = [:], _ more: Value = [:]) -> Value {
        var good: Value = [
            "runAsNonRoot": true, "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]],
            "seccompProfile": ["type": "RuntimeDefault"],
        ]
        for (key, value) in context.object ?? Fields() { good[key] = value.isNull ? nil : value }
        var container: Value = ["name": Value(name), "image": "i", "securityContext": good]
        for (key, value) in more.object ?? Fields() { container[key] = value }
        return container
    }

    static let cases: [Case] = [
        Case("restricted", ["containers": [container("a")]], ""),
        Case("baseline", ["hostPID": true, "hostNetwork": true], "host namespaces (hostNetwork=true, hostPID=true)"),
        Case(
            "baseline", ["containers": [container("a", ["privileged": true]), container("b", ["privileged": true])]],
            "privileged (containers \"a\", \"b\" must not set securityContext.privileged=true)"),
        Case(
            "baseline",
            [
                "volumes": [["name": "v", "hostPath": ["path": "/"]]],
                "containers": [container("a", [:], ["ports": [["containerPort": 80, "hostPort": 80]]])],
            ], "hostPath volumes (volume \"v\"), hostPort (container \"a\" uses hostPort 80)"),
        Case(
            "baseline", ["containers": [container("a", ["capabilities": ["add": ["NET_RAW", "CHOWN"]]])]],
            "non-default capabilities (container \"a\" must not include \"NET_RAW\" in securityContext.capabilities.add)"),
        Case(
            "baseline", ["securityContext": ["seLinuxOptions": ["type": "spc_t", "user": "u"]]],
            "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"spc_t\"; user may not be set)"),
        Case(
            "baseline", ["securityContext": ["sysctls": [["name": "net.core.somaxconn"], ["name": "net.ipv4.tcp_rmem"]]]],
            "forbidden sysctls (net.core.somaxconn)"),
        Case(
            "baseline:v1.31", ["securityContext": ["sysctls": [["name": "net.ipv4.tcp_rmem"]]]],
            "forbidden sysctls (net.ipv4.tcp_rmem)"),
        Case(
            "baseline", ["containers": [container("a", [:], ["livenessProbe": ["httpGet": ["host": "10.0.0.1"]]])]],
            "probe or lifecycle host (container \"a\" uses probe or lifecycle host \"10.0.0.1\")"),
        Case("baseline:v1.33", ["containers": [container("a", [:], ["livenessProbe": ["httpGet": ["host": "10.0.0.1"]]])]], ""),
        Case(
            "baseline", [:],
            "forbidden AppArmor profile (annotation must not set AppArmor profile type to \"container.apparmor.security.beta.kubernetes.io/a=\"unconfined\"\")",
            annotations: ["container.apparmor.security.beta.kubernetes.io/a": "unconfined"]
        ),
        Case("baseline", ["hostUsers": false, "containers": [container("a", ["procMount": "Unmasked"])]], ""),
        Case(
            "restricted", ["hostUsers": false, "containers": [container("a", ["procMount": "Unmasked", "runAsNonRoot": .null])]],
            "procMount (container \"a\" must not set securityContext.procMount to \"Unmasked\")"),
        Case(
            "restricted", ["containers": [["name": "c", "image": "i"]]],
            "allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
        ),
        Case(
            "restricted",
            ["volumes": [["name": "v", "nfs": [:]], ["name": "w", "hostPath": [:]]], "containers": [container("a", ["runAsUser": 0])]],
            "restricted volume types (volumes \"v\", \"w\" use restricted volume types \"hostPath\", \"nfs\"), runAsUser=0 (container \"a\" must not set runAsUser=0)"
        ),
        Case(
            "restricted",
            ["securityContext": ["runAsNonRoot": false, "seccompProfile": ["type": "Unconfined"]], "containers": [container("a")]],
            "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")"
        ),
        Case("restricted", ["os": ["name": "windows"], "containers": [container("a", ["capabilities": .null])]], ""),
    ]

    @Test(arguments: cases) func `what a standard forbids`(_ one: Case) {
        let parts = one.level.split(separator: ":").map(String.init)
        var labels = ["pod-security.kubernetes.io/enforce": parts[0]]
        if parts.count > 1 { labels["pod-security.kubernetes.io/enforce-version"] = parts[1] }
        let policy = PodSecurityPolicy(labels: labels)
        #expect(policy.problems.isEmpty)
        let pod: Value = ["metadata": ["annotations": Value(one.annotations)], "spec": one.spec]
        #expect(PodSecurityStandards.text(PodSecurityStandards.violations(of: policy.enforce, by: pod)) == one.text)
    }

    @Test func `labels that say nothing known are problems, and the strictest is meant`() {
        let policy = PodSecurityPolicy(labels: [
            "pod-security.kubernetes.io/enforce": "strict", "pod-security.kubernetes.io/enforce-version": "1.25",
            "pod-security.kubernetes.io/warn": "strict",
        ])
        #expect(policy.enforce == PodSecurityLevel(.restricted))
        #expect(policy.warn == PodSecurityLevel(.privileged))
        #expect(
            policy.problems.map(\.message) == [
                "metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": must be one of privileged, baseline, restricted",
                "metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: \"1.25\": must be \"latest\" or \"v1.x\"",
                "metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: \"strict\": must be one of privileged, baseline, restricted",
            ])
    }
}
