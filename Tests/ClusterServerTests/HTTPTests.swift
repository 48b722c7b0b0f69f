import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import Testing

@Suite struct HTTPTests {
    @Test(arguments: [
        ("GET", "/nothing", "", 404), ("GET", "/api/v1/nothing", "", 404), ("GET", "/apis/nothing.example.com/v1/things", "", 404),
        ("POST", "/api/v1/namespaces/default/configmaps", "{", 400), ("POST", "/api/v1/namespaces/default/configmaps", "[]", 400),
        ("POST", "/api/v1/namespaces/default/configmaps", "", 400),
        ("POST", "/api/v1/namespaces/default/configmaps", #"{"metadata":{"name":"A_"}}"#, 422),
        ("POST", "/api/v1/namespaces/default/configmaps", #"{"metadata":{"name":7}}"#, 400),
        ("POST", "/api/v1/namespaces/default/configmaps", #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}"#, 400),
        ("POST", "/api/v1/namespaces/none/configmaps", #"{"metadata":{"name":"a"}}"#, 404),
        ("PUT", "/api/v1/namespaces/default/configmaps", "{}", 405), ("PATCH", "/api/v1/namespaces/default/configmaps/a", "{}", 415),
        ("BREW", "/api/v1/namespaces/default/configmaps", "", 405), ("GET", "/api/v1/namespaces/default/configmaps/none", "", 404),
        ("GET", "/api/v1/namespaces/default/configmaps/%00%ff", "", 404),
    ])
    func `what makes no sense is answered with a Status or a 404`(_ method: String, _ path: String, _ body: String, _ status: Int)
        async throws
    {
        let answer = try await TestServer().http(method, path, body: body)
        #expect(answer.status == status)
        #expect(answer.body["kind"] == "Status" || answer.text == "404 page not found\n")
    }

    @Test func `a body nested too deep is refused, not followed`() async throws {
        let deep = String(repeating: #"{"a":"#, count: 100_000)
        #expect(try await TestServer().http("POST", "/api/v1/namespaces/default/configmaps", body: deep).status == 400)
    }

    @Test func `unknown fields are refused when asked to be strict`() async throws {
        let test = try await TestServer()
        let body = #"{"metadata":{"name":"a"},"dta":{"x":"1"}}"#
        let path = "/api/v1/namespaces/default/configmaps"
        let answer = try await test.http("POST", path, query: "fieldValidation=Strict", body: body)
        #expect(answer.status == 400)
        #expect(answer.body["message"]?.string?.contains(#"unknown field "dta""#) == true)
        #expect(try await test.http("POST", path, body: body).status == 201)
    }

    @Test func `a list is of one revision and says which`() async throws {
        let test = try await TestServer()
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("a", ["x": "1"]))
        let answer = try await test.http("GET", "/api/v1/namespaces/default/configmaps")
        #expect(answer.body["kind"] == "ConfigMapList")
        #expect(answer.body[path: "metadata", "resourceVersion"]?.string == String(test.store.revision))
        #expect(answer.body["items"]?.array?.map { $0[path: "metadata", "name"] } == ["a"])
    }

    @Test func `a pod that runs nowhere has an empty log, and one that is not there has none`() async throws {
        let test = try await TestServer()
        _ = try await test.client.create(.pods, namespace: "default", pod("a"))
        #expect(try await test.http("GET", "/api/v1/namespaces/default/pods/a/log").status == 204)
        #expect(try await test.http("GET", "/api/v1/namespaces/default/pods/b/log").status == 404)
        #expect(try await test.http("GET", "/api/v1/namespaces/default/pods/a/log", query: "container=x").status == 400)
    }

    @Test func `options of a deletion may come as protobuf`() async throws {
        let test = try await TestServer()
        _ = try await test.client.create(.configMaps, namespace: "default", configMap("a"))
        // The envelope of v1 DeleteOptions whose precondition is a uid of "other".
        let envelope: [UInt8] =
            [0x6B, 0x38, 0x73, 0x00, 0x0A, 0x13, 0x0A, 0x02] + Array("v1".utf8) + [0x12, 0x0D] + Array("DeleteOptions".utf8)
            + [0x12, 0x09, 0x12, 0x07, 0x0A, 0x05] + Array("other".utf8)
        let answer = try await test.http(
            "DELETE", "/api/v1/namespaces/default/configmaps/a", body: String(decoding: envelope, as: UTF8.self),
            headers: [("Content-Type", "application/vnd.kubernetes.protobuf")])
        #expect(answer.status == 409)
        #expect(answer.body["message"]?.string?.contains("(other)") == true)
    }
}
