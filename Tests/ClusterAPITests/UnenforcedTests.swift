import ClusterAPI
import ClusterObjects
import Testing

/// What of an object this server does not do, by kind.
@Suite struct UnenforcedTests {
    private func kind(_ kind: String) throws -> Resource {
        try #require(Registry.builtIn().all.first { $0.kind == kind })
    }

    @Test(arguments: [
        (
            "CustomResourceDefinition",
            #"{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"array","items":{"type":"object","x-kubernetes-validations":[{"rule":"true"}]}}}}}}]}}"#,
            ["spec.versions[0].schema.openAPIV3Schema.properties[spec].items.x-kubernetes-validations"], "CEL validation rules"
        ),
        (
            "CustomResourceDefinition",
            #"{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-validations":[{"rule":"true"}],"additionalProperties":{"type":"string","x-kubernetes-validations":[{"rule":"true"}]}}}}],"conversion":{"strategy":"Webhook"}}}"#,
            [
                "spec.versions[0].schema.openAPIV3Schema.x-kubernetes-validations",
                "spec.versions[0].schema.openAPIV3Schema.additionalProperties.x-kubernetes-validations", "spec.conversion.strategy",
            ], "CEL validation rules, conversion webhooks"
        ),
        (
            "ValidatingWebhookConfiguration", #"{"webhooks":[{"name":"a"},{"name":"b"}]}"#, ["webhooks[0]", "webhooks[1]"],
            "admission webhooks"
        ),
        ("MutatingWebhookConfiguration", #"{"webhooks":[{"name":"a"}]}"#, ["webhooks[0]"], "admission webhooks"),
        ("ValidatingAdmissionPolicy", #"{"spec":{}}"#, ["spec"], "admission policies"),
        ("MutatingAdmissionPolicy", #"{"spec":{}}"#, ["spec"], "admission policies"),
        ("ValidatingAdmissionPolicyBinding", #"{"spec":{"policyName":"p"}}"#, ["spec.policyName"], "admission policies"),
        ("MutatingAdmissionPolicyBinding", #"{"spec":{"policyName":"p"}}"#, ["spec.policyName"], "admission policies"),
        (
            "APIService", #"{"spec":{"service":{"namespace":"a","name":"b"}}}"#, ["spec.service"], "APIServices that name a service"
        ),
    ])
    func `what is asked for is named with its field`(name: String, json: String, fields: [String], features: String) throws {
        let resource = try kind(name)
        var object = try Value(parsing: json)
        object["metadata"] = ["name": "x"]
        let problems = resource.unenforcedProblems(object, old: nil)
        #expect(problems.map(\.field) == fields)
        #expect(
            problems.allSatisfy { $0.message.contains("are not enforced by this server yet") && $0.message.contains("--allow-unenforced") })
        #expect(resource.unenforcedLine(object) == "\(name)/x: \(features)")
    }

    @Test(arguments: [
        ("ValidatingWebhookConfiguration", "{}"), ("MutatingWebhookConfiguration", #"{"webhooks":[]}"#),
        ("ValidatingWebhookConfiguration", #"{"webhooks":null}"#), ("APIService", #"{"spec":{"group":"a.com","version":"v1"}}"#),
        ("APIService", #"{"spec":{"service":null}}"#),
        (
            "CustomResourceDefinition",
            #"{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-validations":[]}}}],"conversion":{"strategy":"None"}}}"#
        ),
        ("ConfigMap", #"{"webhooks":[{}]}"#),
    ])
    func `what asks for nothing of the kind is not named`(name: String, json: String) throws {
        let (resource, object) = (try kind(name), try Value(parsing: json))
        #expect(resource.unenforcedProblems(object, old: nil).isEmpty)
        #expect(resource.unenforcedLine(object) == nil)
    }

    @Test func `one that is there may change in all but what it asks for`() throws {
        let resource = try kind("ValidatingWebhookConfiguration")
        let old: Value = ["metadata": ["name": "x"], "webhooks": [["name": "a"]]]
        #expect(
            resource.unenforcedProblems(["metadata": ["name": "x", "labels": ["a": "b"]], "webhooks": [["name": "a"]]], old: old).isEmpty)
        #expect(resource.unenforcedProblems(["metadata": ["name": "x"]], old: old).isEmpty)
        #expect(resource.unenforcedProblems(["metadata": ["name": "x"], "webhooks": [["name": "b"]]], old: old).count == 1)
    }
}
