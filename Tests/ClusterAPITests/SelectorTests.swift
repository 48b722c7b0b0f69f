import ClusterAPI
import ClusterObjects
import Testing

@Suite struct SelectorTests {
    @Test(arguments: [
        ("env=prod,", "found '', expected: identifier after ','"),
        ("=x", "found '=', expected: !, identifier, or 'end of string'"),
        ("env in prod", "unable to parse requirement: found 'prod' expected: '('"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("env=bad value", "found 'value', expected: ',' or 'end of string'"),
        ("env=!", "unable to parse requirement: found '!', expected: identifier"),
    ])
    func `a malformed label selector is refused with Kubernetes' words`(query: String, message: String) {
        #expect(#expect(throws: APIError.self) { try LabelSelectorParser.parse(query) }?.message == message)
    }

    @Test func `every operator of a label selector is read`() throws {
        let selector = try LabelSelectorParser.parse("app=web,tier in (a,b),!legacy,size>3")
        #expect(selector.matches(["app": "web", "tier": "b", "size": "4"]))
        #expect(!selector.matches(["app": "web", "tier": "b", "size": "3"]))
    }

    @Test func `a field selector names only what its kind selects by`() throws {
        let resource = try #require(Registry.builtIn().resource(GroupVersionResource("", "v1", "configmaps")))
        let error = #expect(throws: APIError.self) { try FieldSelector("data.a=1", resource: resource) }
        #expect(error?.message == #""data.a" is not a known field selector: only "metadata.name", "metadata.namespace""#)
        let object = try Tree(parsing: #"{"metadata":{"name":"x"}}"#)
        #expect(try FieldSelector("metadata.name=x", resource: resource).matches(object))
        #expect(try !FieldSelector("metadata.name!=x", resource: resource).matches(object))
    }

    @Test func `an absent flag reads as false and an unknown field is refused`() throws {
        let pods = try #require(Registry.builtIn().resource(GroupVersionResource("", "v1", "pods")))
        let pod = try Tree(parsing: #"{"metadata":{"name":"x"},"spec":{}}"#)
        #expect(try FieldSelector("spec.hostNetwork=false", resource: pods).matches(pod))
        #expect(try !FieldSelector("spec.hostNetwork=true", resource: pods).matches(pod))
        let error = #expect(throws: APIError.self) { try FieldSelector("spec.bogus=1", resource: pods) }
        #expect(error?.message == "field label not supported: spec.bogus")
    }
}
