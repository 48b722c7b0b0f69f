import Testing

@Suite struct NetworkRulesTests {
    private func ingresses() throws -> KindUnderTest {
        try KindUnderTest(
            "networking.k8s.io", "v1", "ingresses",
            sound: """
                {"metadata":{"name":"x"},"spec":{"defaultBackend":{"service":{"name":"s","port":{"number":80}}}}}
                """)
    }

    private static let classes =
        #"{"metadata":{"annotations":{"kubernetes.io/ingress.class":"a"}},"spec":{"ingressClassName":"b"}}"#

    @Test func `an ingress is made with one class, and may come to have two`() throws {
        #expect(
            try ingresses().created(Self.classes) == [
                #"annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified"#
            ])
        #expect(try ingresses().changed(Self.classes) == [])
    }

    @Test func `what a backend names can stand in a path`() throws {
        let backend = #"{"spec":{"defaultBackend":{"service":null,"resource":{"apiGroup":"A","kind":"a/b","name":""}}}}"#
        let messages = try ingresses().created(backend)
        #expect(messages.first?.hasPrefix(#"spec.defaultBackend.resource.apiGroup: Invalid value: "A": a lowercase RFC 1123"#) == true)
        #expect(
            messages.dropFirst() == [
                #"spec.defaultBackend.resource.kind: Invalid value: "a/b": may not contain '/'"#,
                "spec.defaultBackend.resource.name: Required value",
            ])
    }

    private func addresses() throws -> KindUnderTest {
        try KindUnderTest(
            "networking.k8s.io", "v1", "ipaddresses",
            sound: #"{"metadata":{"name":"10.0.0.1"},"spec":{"parentRef":{"resource":"services","namespace":"d","name":"s"}}}"#)
    }

    @Test func `an address belongs to an object, for good`() throws {
        #expect(try addresses().created("{}") == [])
        #expect(try addresses().created(#"{"spec":null}"#) == ["spec.parentRef: Required value"])
        #expect(
            try addresses().created(#"{"spec":{"parentRef":{"resource":"a%","name":null}}}"#) == [
                #"spec.parentRef.resource: Invalid value: "a%": may not contain '%'"#, "spec.parentRef.name: Required value",
            ])
        #expect(
            try addresses().changed(#"{"spec":{"parentRef":{"name":"t"}}}"#) == [
                #"spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"d","Name":"t"}: field is immutable"#
            ])
    }

    private func ranges() throws -> KindUnderTest {
        try KindUnderTest(
            "networking.k8s.io", "v1", "servicecidrs",
            sound: #"{"metadata":{"name":"x"},"spec":{"cidrs":["10.0.0.0/16"]}}"#)
    }

    @Test(arguments: [
        Refusal(#"{"spec":{"cidrs":["10.0.0.0/16","fd00::/108"]}}"#),
        Refusal(#"{"spec":{"cidrs":["10.1.0.0/16"]}}"#, #"spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable"#),
        Refusal(#"{"spec":{"cidrs":[]}}"#, "spec.cidrs: Invalid value: []: field is immutable"),
    ])
    func `a range of services stays, and one of the other family may join it`(row: Refusal) throws {
        #expect(try ranges().changed(row.patch) == row.messages)
    }
}

@Suite struct FlowControlRulesTests {
    private func schemas() throws -> KindUnderTest {
        try KindUnderTest(
            "flowcontrol.apiserver.k8s.io", "v1", "flowschemas",
            sound: """
                {"metadata":{"name":"x"},"spec":{"priorityLevelConfiguration":{"name":"l"},"rules":[{"subjects":
                 [{"kind":"User","user":{"name":"u"}}],"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["/healthz/*"]}]}]}}
                """)
    }

    @Test func `a schema without a precedence has the middle one`() throws {
        #expect(try schemas().object()["spec"]?["matchingPrecedence"]?.int == 1000)
        #expect(try schemas().created("{}") == [])
    }

    @Test(arguments: [
        Refusal(
            #"{"spec":{"matchingPrecedence":1,"distinguisherMethod":{"type":"ByX"},"priorityLevelConfiguration":{"name":""},"rules":[{}]}}"#,
            "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
            #"spec.distinguisherMethod.type: Unsupported value: {"Type":"ByX"}: supported values: "ByNamespace", "ByUser""#,
            "spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
            "spec.rules[0].subjects: Required value: subjects must contain at least one value",
            "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty"),
        Refusal(
            #"{"spec":{"rules":[{"subjects":[{"kind":"ServiceAccount","user":{"name":"u"}}],"resourceRules":[{"verbs":["fly"],"apiGroups":["*","a"],"resources":["*"],"namespaces":["N"]}]}]}}"#,
            "spec.rules[0].subjects[0].serviceAccount: Required value: serviceAccount is required when subject kind is 'ServiceAccount'",
            "spec.rules[0].subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'",
            #"spec.rules[0].resourceRules[0].verbs: Unsupported value: ["fly"]: supported values: "create", "delete", "deletecollection", "#
                + #""get", "list", "patch", "proxy", "update", "watch""#,
            #"spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other api groups"#,
            #"spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "N": each member of this list must be '*' or a DNS-1123 label; "#
                + "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
                + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"),
    ])
    func `a schema says whose requests for what go where`(row: Refusal) throws {
        #expect(try schemas().created(row.patch) == row.messages)
    }

    private func levels() throws -> KindUnderTest {
        try KindUnderTest(
            "flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations",
            sound: #"{"metadata":{"name":"x"},"spec":{"type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{}}}}}"#)
    }

    @Test(arguments: [
        Refusal("{}"),
        Refusal(
            #"{"spec":{"type":"Exempt"}}"#,
            #"spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'"#,
            "spec.limited: Forbidden: must be nil if the type is not Limited"),
        Refusal(
            #"{"spec":{"limited":{"nominalConcurrencyShares":-1,"lendablePercent":101,"borrowingLimitPercent":-1,"limitResponse":{"type":"Reject"}}}}"#,
            "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
            "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
            "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
            "spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited"),
        Refusal(
            #"{"spec":{"limited":{"limitResponse":{"queuing":{"queues":1024,"handSize":7}}}}}"#,
            "spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should "
                + "not be greater than 60"),
    ])
    func `a level is limited, and says what becomes of what waits`(row: Refusal) throws {
        #expect(try levels().created(row.patch) == row.messages)
    }
}
