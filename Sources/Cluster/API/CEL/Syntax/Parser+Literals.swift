extension CEL.Parser {
    mutating func literal(_ tree: CEL.SyntaxTree) -> CEL.Expression {
        let isNegative = tree.token(.minus) != nil
        for case .token(let token) in tree.children where token.kind != .minus {
            let text = source.text(token.range)
            switch token.kind {
            case .int:
                guard let value = CEL.Parser.integer(text, isNegative: isNegative) else { return wrong(tree.start, "invalid int literal") }
                return node(tree.start, .literal(.int(value)))
            case .uint:
                let digits = text.dropLast()
                let value = digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
                guard let value else { return wrong(tree.start, "invalid uint literal") }
                return node(tree.start, .literal(.uint(value)))
            case .double:
                guard let value = Double(isNegative ? "-" + text : text), value.isFinite else {
                    return wrong(tree.start, "invalid double literal")
                }
                return node(tree.start, .literal(.double(value)))
            case .string, .bytes:
                guard let bytes = CEL.Unquoting.bytes(of: text, isBytes: token.kind == .bytes) else {
                    _ = wrong(tree.start, "unable to unescape string")
                    return node(tree.start, .literal(.string(text)))
                }
                return node(
                    tree.start,
                    .literal(token.kind == .bytes ? .bytes(bytes) : .string(String(decoding: bytes, as: UTF8.self))))
            case .true: return node(tree.start, .literal(.bool(true)))
            case .false: return node(tree.start, .literal(.bool(false)))
            case .null: return node(tree.start, .literal(.null))
            default: break
            }
        }
        return node(tree.start, .unspecified)
    }

    private static func integer(_ text: String, isNegative: Bool) -> Int64? {
        let sign = isNegative ? "-" : ""
        return text.hasPrefix("0x") ? Int64(sign + text.dropFirst(2), radix: 16) : Int64(sign + text)
    }
}

extension CEL {
    /// What a string or bytes literal stands for.
    enum Unquoting {
        /// - Parameter text: the literal with its prefix and quotes.
        /// - Returns: its bytes; nil when an escape sequence is no character.
        static func bytes(of text: String, isBytes: Bool) -> [UInt8]? {
            var rest = text.unicodeScalars[...]
            if isBytes { rest = rest.dropFirst() }
            let isRaw = rest.first == "r" || rest.first == "R"
            if isRaw { rest = rest.dropFirst() }
            let quotes = rest.count >= 6 && rest.starts(with: rest.prefix(1).map { $0 } + rest.prefix(1) + rest.prefix(1)) ? 3 : 1
            rest = rest.dropFirst(quotes).dropLast(quotes)
            var result: [UInt8] = []
            var scalars = Array(rest)[...]
            while let scalar = scalars.popFirst() {
                if scalar == "\r" {
                    // Lines end in one way.
                    if scalars.first == "\n" { scalars.removeFirst() }
                    result.append(UInt8(ascii: "\n"))
                } else if scalar == "\\", !isRaw {
                    guard escape(&scalars, isBytes, &result) else { return nil }
                } else {
                    result.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
                }
            }
            return result
        }

        private static let controls: [UnicodeScalar: UInt8] = ["a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11]

        private static func escape(_ scalars: inout ArraySlice<UnicodeScalar>, _ isBytes: Bool, _ result: inout [UInt8]) -> Bool {
            guard let code = scalars.popFirst() else { return false }
            func number(_ count: Int, radix: Int) -> UInt32? {
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars.prefix(count))
                scalars = scalars.dropFirst(count)
                return UInt32(String(view), radix: radix)
            }
            let value: UInt32?
            var isByte = false
            switch code {
            case "x", "X":
                value = number(2, radix: 16)
                isByte = isBytes
            case "u": value = number(4, radix: 16)
            case "U": value = number(8, radix: 16)
            case "0"..."3":
                value = number(2, radix: 8).map { $0 + 64 * (code.value - 48) }
                isByte = isBytes
            default:
                result.append(controls[code] ?? UInt8(truncatingIfNeeded: code.value))
                return true
            }
            guard let value, value <= 0x10FFFF else { return false }
            if isByte {
                result.append(UInt8(truncatingIfNeeded: value))
            } else {
                // Half of a surrogate pair is no character.
                result.append(contentsOf: String(UnicodeScalar(value) ?? "\u{FFFD}").utf8)
            }
            return true
        }
    }
}
