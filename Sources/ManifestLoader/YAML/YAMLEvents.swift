import CLibyaml
import ClusterObjects

/// Drives libyaml's parser over bytes and hands its events to a builder.
enum YAMLEvents {
    /// Reads until the end, or until an error that the parser cannot get over: then answers its line, from 0 as `firstLine`.
    static func run(_ bytes: ArraySlice<UInt8>, firstLine: Int, limits: YAMLLimits, into builder: inout YAMLBuilder) -> Int? {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { return nil }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        return bytes.withUnsafeBufferPointer { input -> Int? in
            yaml_parser_set_input_string(parser, input.baseAddress, input.count)
            while true {
                var event = yaml_event_t()
                guard yaml_parser_parse(parser, &event) == 1 else {
                    let error = describe(parser.pointee, input, firstLine: firstLine)
                    builder.fail(error.message, at: error.position)
                    builder.startDocument()
                    return Int(error.position.line) - 1
                }
                defer { yaml_event_delete(&event) }
                let position = SourcePosition(
                    line: firstLine + Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
                if event.type == YAML_STREAM_END_EVENT { return nil }
                if let stop = hand(event, at: position, limits, to: &builder) {
                    builder.startDocument()
                    return stop
                }
            }
        }
    }

    /// Nil, or the line (from 0) of what is too large to be read on.
    private static func hand(
        _ event: yaml_event_t, at position: SourcePosition, _ limits: YAMLLimits, to builder: inout YAMLBuilder
    ) -> Int? {
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: builder.startDocument()
        case YAML_DOCUMENT_END_EVENT: builder.endDocument()
        case YAML_ALIAS_EVENT: builder.alias(text(event.data.alias.anchor) ?? "", at: position)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            guard scalar.length <= limits.scalar else {
                builder.fail(
                    "a scalar of \(scalar.length) bytes, more than the \(limits.scalar) an object may have: "
                        + "keep it out of the manifests, or name the file in .skiffignore", at: position)
                return Int(position.line) - 1
            }
            let content = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            builder.scalar(
                content, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, tag: text(scalar.tag), anchor: text(scalar.anchor),
                at: position)
        case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
            guard builder.depth < limits.depth else {
                builder.fail("nested more than \(limits.depth) deep: no API object is", at: position)
                return Int(position.line) - 1
            }
            let isMapping = event.type == YAML_MAPPING_START_EVENT
            let anchor = text(isMapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor)
            builder.start(mapping: isMapping, anchor: anchor, at: position)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: builder.end()
        default: break
        }
        return nil
    }

    private static func text(_ pointer: UnsafePointer<yaml_char_t>?) -> String? { pointer.map { String(cString: $0) } }
    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? { pointer.map { String(cString: $0) } }

    /// libyaml's complaint with what to do about it.
    private static func describe(_ parser: yaml_parser_t, _ input: UnsafeBufferPointer<UInt8>, firstLine: Int) -> YAMLError {
        if parser.error == YAML_READER_ERROR {
            let before = input.prefix(parser.problem_offset)
            let line = before.count { $0 == 0x0A }
            let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
            return YAMLError(
                "a control character: write it as an escape in double quotes",
                at: SourcePosition(line: firstLine + line + 1, column: column + 1))
        }
        let mark = parser.problem_mark
        let position = SourcePosition(line: firstLine + Int(mark.line) + 1, column: Int(mark.column) + 1)
        let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
        let context = parser.context.map { " " + String(cString: $0) } ?? ""
        let here = byte(at: mark, in: input)
        if here == 0x09 { return YAMLError("a tab: YAML indents with spaces only", at: position) }
        return YAMLError("\(problem)\(context)\(advice(problem, here))", at: position)
    }

    private static func advice(_ problem: String, _ byte: UInt8?) -> String {
        switch problem {
        case "found character that cannot start any token":
            byte.map { ": quote a value that starts with \(Character(UnicodeScalar($0)))" } ?? ""
        case "mapping values are not allowed in this context": ": indent the line as its neighbours, or quote a value that holds \": \""
        case "could not find expected ':'": ": the line above is text without a key, or a quote is not closed"
        case "did not find expected key": ": indent the line as the other keys of its mapping"
        case "did not find expected '-' indicator": ": indent the line as the other elements of its list"
        case "did not find expected alphabetic or numeric character": ": a name after & or * has letters, digits, - and _"
        case "found unexpected end of stream": ": a quote or bracket is not closed"
        case "exceeded maximum nesting level", "exceeded maximum nesting depth": ": no API object is nested so deep"
        default: ""
        }
    }

    /// The byte a mark points at, of a line of ASCII up to there.
    private static func byte(at mark: yaml_mark_t, in input: UnsafeBufferPointer<UInt8>) -> UInt8? {
        var line = 0
        var start = 0
        while line < mark.line {
            guard let end = input[start...].firstIndex(of: 0x0A) else { return nil }
            start = end + 1
            line += 1
        }
        let offset = start + Int(mark.column)
        return offset < input.count ? input[offset] : nil
    }
}
