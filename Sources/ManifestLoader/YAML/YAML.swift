import CLibyaml
import ClusterObjects

/// Reads and writes YAML (and JSON, which is YAML) as kubectl does.
public enum YAML {
    /// The values of every document of a stream; empty documents are left out. Throws the first error.
    public static func parse(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> [Value] {
        let (documents, errors) = read(bytes, limits: limits)
        if let error = errors.first { throw error }
        return documents.map(\.value)
    }

    /// One document as kube-apiserver reads it: of a key set twice the last one counts, and both are told of.
    public static func parseRequest(_ bytes: [UInt8]) throws(YAMLError) -> (value: Value, repeatedKeys: [RepeatedKey]) {
        let (documents, errors, repeatedKeys) = readAll(bytes, limits: YAMLLimits(), takesRepeatedKeys: true)
        if let error = errors.first { throw error }
        return (documents.first?.value ?? .null, repeatedKeys)
    }

    public static func parse(_ text: String) throws(YAMLError) -> [Value] { try parse(Array(text.utf8)) }

    /// Every document that can be read, with positions, and every error. After an error reading goes on at the next `---`.
    public static func read(
        _ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()
    ) -> (documents: [YAMLDocument], errors: [YAMLError]) {
        let (documents, errors, _) = readAll(bytes, limits: limits, takesRepeatedKeys: false)
        return (documents, errors)
    }

    typealias Reading = (documents: [YAMLDocument], errors: [YAMLError], repeatedKeys: [RepeatedKey])

    private static func readAll(_ bytes: [UInt8], limits: YAMLLimits, takesRepeatedKeys: Bool) -> Reading {
        // The mark that some editors put before UTF-8 says nothing.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            return readAll(Array(bytes.dropFirst(3)), limits: limits, takesRepeatedKeys: takesRepeatedKeys)
        }
        if bytes.count > limits.size { return ([], [tooLarge(bytes.count, limits)], []) }
        if let error = UTF8Check.firstError(in: bytes) { return ([], [error], []) }
        if YAML.looksLikeJSON(bytes) {
            var reader = JSONDocumentReader(bytes, limits: limits, takesRepeatedKeys: takesRepeatedKeys)
            let result = reader.read()
            if result.errors.isEmpty { return result }
            // `{a: 1}` is a YAML flow mapping; what neither reads is told as JSON.
            let yaml = readYAML(bytes, limits: limits, takesRepeatedKeys: takesRepeatedKeys)
            return yaml.errors.isEmpty ? yaml : result
        }
        return readYAML(bytes, limits: limits, takesRepeatedKeys: takesRepeatedKeys)
    }

    static func tooLarge(_ size: Int, _ limits: YAMLLimits) -> YAMLError {
        YAMLError(
            "\(size) bytes, more than the \(limits.size) a manifest may have: split it, or name it in .skiffignore",
            at: SourcePosition(line: 1, column: 1))
    }

    private static func readYAML(_ bytes: [UInt8], limits: YAMLLimits, takesRepeatedKeys: Bool) -> Reading {
        var builder = YAMLBuilder(limits: limits, takesRepeatedKeys: takesRepeatedKeys)
        var start = 0
        var line = 0
        while let stop = YAMLEvents.run(bytes[start...], firstLine: line, limits: limits, into: &builder) {
            // libyaml cannot go on after an error: start again at the next document, so that all errors are told at once.
            guard let next = YAML.nextDocument(in: bytes, after: stop, from: start, firstLine: line) else { break }
            (start, line) = next
        }
        // An error on a `---` line may be found from both sides of it.
        var seen: Set<YAMLError> = []
        return (builder.documents, builder.errors.filter { seen.insert($0).inserted }, builder.repeatedKeys)
    }

    /// Whether text starts as a JSON object, the test kubectl makes too.
    private static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
        bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } == UInt8(ascii: "{")
    }

    /// The offset and line (from 0) of the first `---` line behind `start` that an error at line `stop` leaves to be read: the error
    /// may be that this very line came too early.
    private static func nextDocument(
        in bytes: [UInt8], after stop: Int, from start: Int, firstLine: Int
    ) -> (offset: Int, line: Int)? {
        var line = firstLine
        var position = start
        while position < bytes.count {
            if line >= stop, position > start, bytes[position...].starts(with: "---".utf8),
                position + 3 == bytes.count || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position + 3])
            {
                return (position, line)
            }
            guard let end = bytes[position...].firstIndex(of: 0x0A) else { return nil }
            position = end + 1
            line += 1
        }
        return nil
    }
}

/// Finds what is not UTF-8 before a parser stumbles over it.
enum UTF8Check {
    static func firstError(in bytes: [UInt8]) -> YAMLError? {
        guard !bytes.withUnsafeBufferPointer({ isValid($0) }) else { return nil }
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue("\n"): (line, column) = (line + 1, 1)
            case .scalarValue: column += 1
            case .emptyInput: return nil
            case .error:
                return YAMLError(
                    "not UTF-8: save the file in UTF-8, or name it in .skiffignore", at: SourcePosition(line: line, column: column))
            }
        }
    }

    private static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        // Most manifests are ASCII: look for what is not, then have the standard library check.
        guard bytes.contains(where: { $0 >= 0x80 }) else { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }
}
