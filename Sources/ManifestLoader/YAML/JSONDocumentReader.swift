import ClusterObjects

/// Reads JSON documents, one after another, with the position of every field. (libyaml reads most JSON, but not every escape.)
struct JSONDocumentReader {
    private let bytes: [UInt8]
    private let limits: YAMLLimits
    private let takesRepeatedKeys: Bool
    private var position = 0
    private var line = 1
    private var lineStart = 0

    init(_ bytes: [UInt8], limits: YAMLLimits, takesRepeatedKeys: Bool = false) {
        self.bytes = bytes
        self.limits = limits
        self.takesRepeatedKeys = takesRepeatedKeys
    }

    mutating func read() -> YAML.Reading {
        var builder = YAMLBuilder(limits: limits, takesRepeatedKeys: takesRepeatedKeys)
        do throws(YAMLError) {
            skipSpace()
            while position < bytes.count {
                builder.startDocument()
                try value(&builder)
                builder.endDocument()
                skipSpace()
                skipSeparator()
            }
        } catch {
            builder.fail(error.message, at: error.position)
        }
        return (builder.documents, builder.errors, builder.repeatedKeys)
    }

    private var here: SourcePosition { SourcePosition(line: line, column: position - lineStart + 1) }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            if bytes[position] == 0x0A {
                line += 1
                lineStart = position + 1
            }
            position += 1
        }
    }

    /// `---` between documents, which kubectl takes between JSON ones too.
    private mutating func skipSeparator() {
        while bytes[position...].starts(with: "---".utf8) {
            position += 3
            skipSpace()
        }
    }

    private func error(_ message: String) -> YAMLError { YAMLError("\(message) (in JSON)", at: here) }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(YAMLError) {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { throw error("expected \(what)") }
        position += 1
    }

    private mutating func value(_ builder: inout YAMLBuilder) throws(YAMLError) {
        skipSpace()
        guard position < bytes.count else { throw error("unexpected end: a bracket or brace is not closed") }
        let start = here
        switch bytes[position] {
        case UInt8(ascii: "{"): try collection(isMapping: true, &builder)
        case UInt8(ascii: "["): try collection(isMapping: false, &builder)
        case UInt8(ascii: "\""):
            builder.scalar(try string(), isPlain: false, tag: nil, anchor: nil, at: start)
        default:
            let run = bytes[position...].prefix { !"{}[],:\" \t\r\n".utf8.contains($0) }
            let text = String(decoding: run, as: UTF8.self)
            guard let known = JSONDocumentReader.literal(text) else {
                throw error("`\(text.prefix(40))` is no JSON value: put text in double quotes")
            }
            position += run.count
            builder.scalar(known, isPlain: true, tag: nil, anchor: nil, at: start)
        }
    }

    /// The text as YAML reads it to the same value; nil for what is no JSON literal.
    private static func literal(_ text: String) -> String? {
        if ["true", "false", "null"].contains(text) { return text }
        return (try? Value(parsing: text))?.double == nil ? nil : text
    }

    private mutating func collection(isMapping: Bool, _ builder: inout YAMLBuilder) throws(YAMLError) {
        guard builder.depth < limits.depth else { throw error("nested more than \(limits.depth) deep: no API object is") }
        let close = UInt8(ascii: isMapping ? "}" : "]")
        builder.start(mapping: isMapping, anchor: nil, at: here)
        position += 1
        skipSpace()
        if position < bytes.count, bytes[position] == close {
            position += 1
            return builder.end()
        }
        while true {
            if isMapping {
                skipSpace()
                let start = here
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
                builder.scalar(try string(), isPlain: false, tag: nil, anchor: nil, at: start)
                try expect(UInt8(ascii: ":"), "a colon after the key")
            }
            try value(&builder)
            skipSpace()
            guard position < bytes.count else { throw error("unexpected end: a bracket or brace is not closed") }
            if bytes[position] == UInt8(ascii: ",") {
                position += 1
            } else if bytes[position] == close {
                position += 1
                return builder.end()
            } else {
                throw error("expected a comma or `\(Character(UnicodeScalar(close)))`")
            }
        }
    }

    private mutating func string() throws(YAMLError) -> String {
        let start = position
        var end = position + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != 0x0A {
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { throw error("text whose double quote is not closed") }
        guard end - start <= limits.scalar else {
            throw error(
                "a scalar of \(end - start) bytes, more than the \(limits.scalar) an object may have: keep it out of the manifests, "
                    + "or name the file in .skiffignore")
        }
        guard case .string(let text)? = try? Value(parsing: Array(bytes[start...end])) else {
            throw error("text with an escape or control character that JSON does not know")
        }
        position = end + 1
        return text
    }
}
