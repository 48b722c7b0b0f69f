import ClusterObjects
import Testing

@Suite struct ContainerRulesTests {
    @Test(arguments: [
        Refusal(
            container(#""lifecycle":{"stopSignal":"SIGTERM"}"#),
            "spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"),
        Refusal(
            container(#""restartPolicyRules":[{"action":"Stop"}]"#),
            "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used",
            #"spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "#
                + #""RestartAllContainers""#,
            "spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified"),
        Refusal(
            container(#""envFrom":[{"prefix":"a="}]"#),
            #"spec.containers[0].envFrom[0].prefix: Invalid value: "a=": a valid environment variable name must consist only of printable "#
                + "ASCII characters other than '='",
            #"spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`"#),
        Refusal(
            container(#""env":[{"name":"a","value":"b","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]"#),
            #"spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty"#),
        Refusal(
            container(#""env":[{"name":"a","valueFrom":{"fileKeyRef":{"key":"k","volumeName":"v","path":"p"}}}]"#),
            #"spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "v""#),
        Refusal(
            container(#""resizePolicy":[{"resourceName":"disk","restartPolicy":"NotRequired"}]"#),
            #"spec.containers[0].resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory""#),
        Refusal(
            #"{"spec":{"initContainers":[{"name":"i","image":"i:1","lifecycle":{}}]}}"#,
            "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always"),
        Refusal(
            container(#""resources":{"claims":[{"name":"a"},{"name":"a"}]}"#),
            #"spec.containers[0].resources.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty"#,
            #"spec.containers[0].resources.claims[1]: Duplicate value: "a""#,
            #"spec.containers[0].resources.claims[1]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty"#),
    ])
    func `a container is sound`(row: Refusal) throws {
        #expect(try pods().created(row.patch) == row.messages)
    }

    @Test(arguments: [
        container(
            #""restartPolicy":"Never","restartPolicyRules":[{"action":"RestartAllContainers","exitCodes":{"operator":"In","values":[3]}}]"#),
        #"{"spec":{"os":{"name":"linux"},"containers":[{"name":"c","image":"i:1","lifecycle":{"stopSignal":"SIGRTMIN+3"}}]}}"#,
        #"{"spec":{"dnsPolicy":"None","dnsConfig":{"nameservers":["10.0.0.1"],"searches":["_tcp.a_b.example.",".","example.com"]}}}"#,
        #"{"spec":{"imagePullSecrets":[{"name":""}]}}"#,
        #"{"spec":{"initContainers":[{"name":"i","image":"i:1","restartPolicy":"Always","startupProbe":{"exec":{"command":["a"]}}}]}}"#,
        #"{"spec":{"tolerations":[{"operator":"Exists"}]}}"#,
    ])
    func `a sound one is taken`(patch: String) throws { #expect(try pods().created(patch) == []) }
}

@Suite struct PodSpecRulesTests {
    @Test(arguments: [
        Refusal(
            #"{"spec":{"hostUsers":false,"hostPID":true,"hostnameOverride":"UP","setHostnameAsFQDN":true}}"#,
            "spec.HostPID: Forbidden: when `hostUsers` is false",
            "spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true",
            #"spec.hostnameOverride: Invalid value: "UP": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "#
                + "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
                + #"validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#),
        Refusal(
            #"{"spec":{"securityContext":{"seccompProfile":{"type":"Localhost"},"appArmorProfile":{"type":"Localhost","localhostProfile":" a"}}}}"#,
            "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
            #"spec.securityContext.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace"#),
        Refusal(
            #"{"spec":{"os":{"name":"windows"},"hostIPC":true,"securityContext":{"runAsUser":1},"resources":{"limits":{"cpu":"1"}}}}"#,
            "spec.resources: Forbidden: may not be set for a windows pod",
            "spec.hostIPC: Forbidden: cannot be set for a windows pod",
            "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod"),
        Refusal(
            #"{"spec":{"securityContext":{"windowsOptions":{"hostProcess":true}}}}"#,
            "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
            "spec: Forbidden: hostProcess containers are disallowed by cluster policy"),
        Refusal(
            #"{"spec":{"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"a","whenUnsatisfiable":"DoNotSchedule","matchLabelKeys":["b"]}]}}"#,
            "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set"),
        Refusal(
            #"{"spec":{"resources":{"requests":{"cpu":"1","disk.example.com/x":"1"}},"containers":[{"name":"c","image":"i:1","resources":{"requests":{"cpu":"2"}}}]}}"#,
            #"spec.resources.requests[disk.example.com/x]: Unsupported value: "disk.example.com/x": supported values: "cpu", "hugepages-", "#
                + #""memory""#,
            "spec.resources.limits: Required value: Limit must be set for non overcommitable resources",
            #"spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2"#),
        Refusal(
            #"{"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]}]}}}}}"#,
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: "
                + "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        Refusal(
            #"{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/d":"odd"}}}"#,
            #"metadata.annotations[container.apparmor.security.beta.kubernetes.io/d]: Invalid value: "d": container not found"#,
            #"metadata.annotations[container.apparmor.security.beta.kubernetes.io/d]: Invalid value: "odd": invalid AppArmor profile "#
                + #"name: "odd""#),
    ])
    func `what a pod asks of its host fits together`(row: Refusal) throws {
        #expect(try pods().created(row.patch) == row.messages)
    }

    @Test func `what is asked for a pod as a whole decides its quality of service, with its requests filled in`() throws {
        let pod = try pods().object(#"{"spec":{"resources":{"limits":{"cpu":"1","memory":"1Gi"}}}}"#)
        #expect(pod[path: "spec", "resources", "requests"] == ["cpu": "1", "memory": "1Gi"])
        #expect(pod[path: "status", "qosClass"]?.string == "Guaranteed")
    }
}
