import ClusterAPI
import ClusterObjects
import Testing

@Suite struct ObjectDecoderTests {
    private func decode(_ text: String, _ group: String, _ version: String, _ kind: String) throws -> ObjectDecoder.Decoded {
        let schema = try #require(BuiltInSchemas.schema(of: GroupVersionKind(group, version, kind)))
        return try ObjectDecoder.decode(try Tree(parsing: text), schema: schema, kind: kind, version: version)
    }

    @Test(arguments: [
        (#"{"spec":{"replicas":"3"}}"#, "string into Go struct field DeploymentSpec.spec.replicas of type int32"),
        (#"{"spec":{"replicas":1.5}}"#, "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        (#"{"metadata":"x"}"#, "string into Go struct field Deployment.metadata of type v1.ObjectMeta"),
    ])
    func `a value of the wrong type is refused with Go's words`(body: String, expected: String) throws {
        let error = #expect(throws: APIError.self) { try decode(body, "apps", "v1", "Deployment") }
        #expect(
            error?.message == "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal \(expected)")
    }

    @Test(arguments: [1, 20])
    func `keys are told apart by their bytes, among few and among many`(count: Int) throws {
        let schema = try #require(BuiltInSchemas.schema(of: GroupVersionKind("", "v1", "ConfigMap")))
        let others = (0..<count).map { #""k\#($0)":"""# }.joined(separator: ",")
        let body = #"{"data":{\#(others),"\u00e9":"one","e\u0301":"two","k0":"again"}}"#
        let decoded = try ObjectDecoder.decode(try Tree(parsing: body), schema: schema, kind: "ConfigMap", version: "v1")
        #expect(decoded.strictProblems == [#"duplicate field "data.k0""#])
        #expect(decoded.value["data"]?.object?.count == count + 2)
    }

    @Test func `unknown and duplicate fields are named and pruned`() throws {
        let body = #"{"data":{"a":"1","a":"2"},"metadata":{"bogus":"y"},"nope":1}"#
        let decoded = try decode(body, "", "v1", "ConfigMap")
        #expect(
            decoded.strictProblems == [
                #"duplicate field "data.a""#, #"unknown field "metadata.bogus""#, #"unknown field "nope""#,
            ])
        #expect(decoded.value == ["data": ["a": "2"], "metadata": [:]])
    }

    @Test func `an unknown field in a list is named by its index`() throws {
        let decoded = try decode(#"{"spec":{"containers":[{"name":"c","env":[{"name":"A","val":"1"}]}]}}"#, "", "v1", "Pod")
        #expect(decoded.strictProblems == [#"unknown field "spec.containers[0].env[0].val""#])
    }

    @Test func `null and empty optional fields are absent and quantities are canonical`() throws {
        let body = """
            {"spec":{"volumes":null,"nodeSelector":{},"hostAliases":[],"restartPolicy":"","containers":[
            {"name":"c","resources":{"limits":{"cpu":0.1,"memory":"1024Ki"}}}]}}
            """
        let decoded = try decode(body, "", "v1", "Pod")
        #expect(
            decoded.value["spec"] == [
                "containers": [["name": "c", "resources": ["limits": ["cpu": "100m", "memory": "1Mi"]]]]
            ])
    }

    @Test func `a secret's data must be base64`() {
        let error = #expect(throws: APIError.self) { try decode(#"{"data":{"a":"!!!"}}"#, "", "v1", "Secret") }
        #expect(error?.message.hasSuffix("illegal base64 data at input byte 0") == true)
    }

    @Test func `amounts of resources are rounded up to thousandths`() throws {
        let body = #"{"spec":{"containers":[{"resources":{"requests":{"cpu":"100u","memory":"1.5"}}}]}}"#
        let container = try decode(body, "", "v1", "Pod").value[path: "spec", "containers"]?.array?.first
        #expect(container?[path: "resources", "requests"] == ["cpu": "1m", "memory": "1500m"])
    }
}
