import ClusterObjects
import Testing

@testable import ClusterAPI

/// The `/openapi/v2` document as client-go reads it: the numbers are those of gnostic's OpenAPIv2.proto.
struct SwaggerProtobufTests {
    /// The fields of that number in a message.
    private func fields(_ message: [UInt8], _ number: UInt64) throws -> [[UInt8]] {
        var reader = ProtobufReader(message[...])
        var found: [[UInt8]] = []
        while let field = try reader.next() {
            if field.number == number, case .bytes(let bytes) = field.payload { found.append(Array(bytes)) }
        }
        return found
    }

    private func inside(_ message: [UInt8], _ path: UInt64...) throws -> [UInt8] {
        var message = message
        for number in path { message = try #require(try fields(message, number).first) }
        return message
    }

    /// The value of that name among named ones.
    private func named(_ name: String, _ message: [UInt8], _ number: UInt64 = 1) throws -> [UInt8] {
        let entry = try fields(message, number).first { try fields($0, 1).first == Array(name.utf8) }
        return try inside(try #require(entry, "\(name)"), 2)
    }

    private func text(_ message: [UInt8], _ path: UInt64...) throws -> String {
        var message = message
        for number in path { message = try #require(try fields(message, number).first) }
        return String(decoding: message, as: UTF8.self)
    }

    @Test func `definitions, paths and extensions stand where clients look for them`() throws {
        let document = SwaggerProtobuf.encode(OpenAPI(Registry.builtIn()).swagger)
        #expect(try text(document, 1) == "2.0")
        let definitions = try inside(document, 9)
        let container = try named("io.k8s.api.core.v1.Container", definitions)
        #expect(try text(container, 22, 1) == "object")
        #expect(try fields(container, 19) == [Array("name".utf8)])
        let ports = try named("ports", try inside(container, 25))
        #expect(try text(ports, 23, 1, 1) == "#/definitions/io.k8s.api.core.v1.ContainerPort")
        #expect(try text(try named("x-kubernetes-list-map-keys", ports, 31), 2) == #"["containerPort","protocol"]"#)
        let map = try named("data", try inside(try named("io.k8s.api.core.v1.ConfigMap", definitions), 25))
        #expect(try text(map, 21, 1, 22, 1) == "string")

        let pod = try named("/api/v1/namespaces/{namespace}/pods/{name}", try inside(document, 8), 2)
        let patch = try inside(pod, 8)
        #expect(try text(try named("x-kubernetes-action", patch, 13), 2) == #""patch""#)
        #expect(try text(try named("200", try inside(patch, 9)), 1, 2, 1, 1) == "#/definitions/io.k8s.api.core.v1.Pod")
        let parameters = try fields(patch, 8).map { try inside($0, 1) }
        let queries = try parameters.filter { try !fields($0, 2).isEmpty }.map { try text($0, 2, 3, 4) }
        #expect(queries.contains("fieldValidation"))
        let names = try fields(pod, 9).compactMap { try fields(try inside($0, 1, 2), 4).first }.map { try text($0, 4) }
        #expect(names == ["namespace", "name"])
    }
}
