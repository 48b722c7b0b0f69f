import ClusterObjects
import ManifestLoader

@testable import ClusterAPI

/// What is given to any bytes: it may refuse them, but neither crash nor hang, and what it says of them must hold.
enum Subject: String, CaseIterable {
    case json, yaml, patches, selectors, quantities, tokens, websocket, spdy, cel, protobuf

    nonisolated(unsafe) static var chosen: Subject?

    func take(_ bytes: [UInt8]) {
        switch self {
        case .json: json(bytes)
        case .yaml: yaml(bytes)
        case .patches: patches(bytes)
        case .selectors: selectors(String(decoding: bytes, as: UTF8.self))
        case .quantities: quantities(String(decoding: bytes, as: UTF8.self))
        case .tokens: tokens(String(decoding: bytes, as: UTF8.self))
        case .websocket: websocket(bytes)
        case .spdy: spdy(bytes)
        case .cel: _ = try? CEL.Checker.check(String(decoding: bytes, as: UTF8.self), in: CEL.Environment())
        case .protobuf: protobuf(bytes)
        }
    }

    /// Both readers take the same texts, and what is written is read as it was.
    private func json(_ bytes: [UInt8]) {
        let tree = try? Tree(parsing: bytes)
        let value = try? Value(parsing: bytes)
        precondition((tree == nil) == (value == nil))
        guard let value, let tree else { return }
        precondition(value.json == tree.value.json)
        let again = try? Value(parsing: value.json)
        precondition(again?.json == value.json)
    }

    /// Also as a manifest; what the writer makes of a document is that document.
    private func yaml(_ bytes: [UInt8]) {
        _ = ManifestLoader.load(files: [ManifestFile(path: "a.yaml", id: "1", bytes: bytes)], registry: Subject.registry)
        for document in YAML.read(bytes).documents {
            let written = YAMLWriter.text(document.value)
            let again = try? YAML.parse(written)
            precondition(again?.first.map(\.json) == document.value.json || document.value == .null, "\(document.value) as \(written)")
        }
    }

    private static let registry = Registry.builtIn()
    private static let pods = BuiltInSchemas.schema(of: GroupVersionKind("", "v1", "Pod"))

    /// An object, a line end, and what is to be changed of it in any of three ways.
    private func patches(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
        guard parts.count == 2, let object = try? Value(parsing: Array(parts[0])), let patch = try? Value(parsing: Array(parts[1]))
        else { return }
        _ = try? JSONPatch.apply(patch, to: object)
        if let merged = try? MergePatch.apply(patch, to: object) {
            precondition((try? MergePatch.apply(patch, to: merged)) == merged)
        }
        if let schema = Subject.pods { _ = try? StrategicMerge.apply(patch, to: object, schema: schema) }
    }

    private func selectors(_ text: String) {
        if let selector = try? LabelSelectorParser.parse(text) { _ = selector.matches(["app": "web", "tier": "1"]) }
        if let pods = Subject.registry.resource(GroupVersionResource("", "v1", "pods")) { _ = try? FieldSelector(text, resource: pods) }
    }

    /// Written in its canonical form, a quantity is the same.
    private func quantities(_ text: String) {
        guard let quantity = Quantity(text) else { return }
        precondition(Quantity(quantity.description)?.nanos == quantity.nanos)
        precondition(Quantity.kept(text).flatMap { Quantity($0) }?.nanos == quantity.nanos)
    }

    private func tokens(_ text: String) {
        guard let token = try? ContinueToken(text) else { return }
        precondition((try? ContinueToken(token.text)) == token)
    }

    private func protobuf(_ bytes: [UInt8]) {
        _ = try? ProtobufDecoder.decode([0x6B, 0x38, 0x73, 0x00] + bytes)
    }
}
