import ClusterAPI
import ClusterObjects
import ClusterTransport

/// YAML as functions, from a room that this one does not know.
public struct YAMLCodec: Sendable {
    /// A document, and what is said of the keys that it sets twice.
    public typealias Parsed = (value: Value, repeatedKeys: [String])

    let parse: @Sendable ([UInt8]) throws -> Parsed
    let print: @Sendable (Value) -> [UInt8]

    /// - Parameters:
    ///   - parse: reads one document, throwing an error whose description says what is wrong where.
    ///   - print: writes one.
    public init(parse: @escaping @Sendable ([UInt8]) throws -> Parsed, print: @escaping @Sendable (Value) -> [UInt8]) {
        self.parse = parse
        self.print = print
    }

    /// The answer to a client that prefers YAML, which JSON it is not: tables, watches and errors included.
    func converted(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
        guard request.headers.first(name: "Accept")?.hasPrefix("application/yaml") == true, case .bytes(let bytes) = response.body,
            let index = response.headers.firstIndex(where: { $0 == ResponseBytes.json }), let value = try? Value(parsing: bytes)
        else { return response }
        var response = response
        response.headers[index] = ("Content-Type", "application/yaml")
        response.body = .bytes(print(value))
        return response
    }
}
