/// Changes the links of an HTML page as it comes. Everything else passes as it is; what is held back is at most one tag.
/// (k8s.io/apimachinery, util/proxy, rewriteHTML; https://html.spec.whatwg.org/multipage/parsing.html)
struct HTMLLinks: Sendable {
    private enum State: Sendable {
        case text
        /// From `<` on.
        case tag
        /// A tag that is too long to be looked at; `quote` is that of an attribute's value.
        case longTag(quote: UInt8?)
        /// Until the bytes are seen: a comment's end, or that of an element whose content is no markup.
        case until([UInt8])
    }

    /// Bytes of a tag. What is longer passes as it is.
    private static let longestTag = 64 << 10
    private static let mostAttributes = 256

    /// The attributes that are links, by element.
    private static let links: [String: Set<String>] = [
        "a": ["href"], "applet": ["codebase"], "area": ["href"], "audio": ["src"], "base": ["href"], "blockquote": ["cite"],
        "body": ["background"], "button": ["formaction"], "command": ["icon"], "del": ["cite"], "embed": ["src"], "form": ["action"],
        "frame": ["longdesc", "src"], "head": ["profile"], "html": ["manifest"], "iframe": ["longdesc", "src"],
        "img": ["longdesc", "src", "usemap"], "input": ["formaction", "src", "usemap"], "ins": ["cite"], "link": ["href"],
        "object": ["classid", "codebase", "data", "usemap"], "q": ["cite"], "script": ["src"], "source": ["src"],
        "video": ["poster", "src"],
    ]
    /// Elements whose content is no markup.
    private static let opaque: Set<String> = ["iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"]

    private let rewrite: @Sendable (String) -> String
    private var state = State.text
    private var held: [UInt8] = []
    private var quote: UInt8?
    /// How much of what is waited for has been seen.
    private var matched = 0

    /// - Parameter rewrite: gives the link to put in a link's place.
    init(_ rewrite: @escaping @Sendable (String) -> String) { self.rewrite = rewrite }

    /// What may be passed on of the page so far.
    mutating func read(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 256)
        for byte in bytes { read(byte, &output) }
        return output
    }

    /// The rest, when the page has ended.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }

    private mutating func read(_ byte: UInt8, _ output: inout [UInt8]) {
        switch state {
        case .text:
            if byte == UInt8(ascii: "<") {
                held = [byte]
                quote = nil
                state = .tag
            } else {
                output.append(byte)
            }
        case .tag:
            held.append(byte)
            readTag(byte, &output)
        case .longTag(let open):
            output.append(byte)
            if open == byte {
                state = .longTag(quote: nil)
            } else if open == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                state = .longTag(quote: byte)
            } else if open == nil, byte == UInt8(ascii: ">") {
                state = .text
            }
        case .until(let end):
            output.append(byte)
            let lower = byte | (65...90 ~= byte ? 0x20 : 0)
            // The beginnings of these ends do not repeat within them, but for a comment's dashes.
            if lower == end[matched] {
                matched += 1
            } else if !(end == HTMLLinks.commentEnd && matched == 2 && byte == UInt8(ascii: "-")) {
                matched = lower == end[0] ? 1 : 0
            }
            if matched == end.count {
                matched = 0
                state = .text
            }
        }
    }

    private static let commentEnd = Array("-->".utf8)

    private mutating func readTag(_ byte: UInt8, _ output: inout [UInt8]) {
        if held.count == 2 {
            // A letter begins a tag, a slash ends an element, an exclamation or question mark says something else up to the next `>`.
            let isMarkup = isLetter(byte) || [UInt8(ascii: "/"), UInt8(ascii: "!"), UInt8(ascii: "?")].contains(byte)
            if !isMarkup {
                output.append(held[0])
                held = []
                state = .text
                read(byte, &output)
            }
            return
        }
        if held.elementsEqual("<!--".utf8) {
            output += held
            held = []
            // `<!-->` and `<!--->` are whole.
            matched = 2
            state = .until(HTMLLinks.commentEnd)
            return
        }
        if held.count > HTMLLinks.longestTag {
            output += held
            held = []
            state = .longTag(quote: quote)
            return
        }
        guard isLetter(held[1]) else {
            if byte == UInt8(ascii: ">") { pass(&output) }
            return
        }
        if let open = quote {
            if byte == open { quote = nil }
        } else if byte == UInt8(ascii: ">") {
            tag(&output)
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), isValueNext {
            quote = byte
        }
    }

    /// Whether what was read before the last byte is the `=` of an attribute: a quotation mark elsewhere opens nothing.
    private var isValueNext: Bool {
        held.dropLast().last { !isSpace($0) } == UInt8(ascii: "=")
    }

    private mutating func pass(_ output: inout [UInt8]) {
        output += held
        held = []
        state = .text
    }

    private mutating func tag(_ output: inout [UInt8]) {
        let name = String(
            decoding: held.dropFirst().prefix { !isSpace($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ">") }, as: UTF8.self
        )
        .lowercased()
        output += HTMLLinks.links[name].map { rewritten($0, nameLength: name.utf8.count) } ?? held
        held = []
        matched = 0
        state = HTMLLinks.opaque.contains(name) ? .until(Array("</\(name)".utf8)) : .text
    }

    /// The tag that is held, with other links.
    private func rewritten(_ wanted: Set<String>, nameLength: Int) -> [UInt8] {
        var output = Array(held[..<(1 + nameLength)])
        var rest = held[(1 + nameLength)...]
        func take(while condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
            let taken = rest.prefix(while: condition)
            rest = rest.dropFirst(taken.count)
            return taken
        }
        for _ in 0..<HTMLLinks.mostAttributes {
            output += take { isSpace($0) || $0 == UInt8(ascii: "/") }
            let key = take { !isSpace($0) && ![UInt8(ascii: "/"), UInt8(ascii: ">"), UInt8(ascii: "=")].contains($0) }
            output += key
            output += take(while: isSpace)
            guard rest.first == UInt8(ascii: "=") else {
                if rest.first == UInt8(ascii: ">") || rest.isEmpty { break }
                continue
            }
            output += rest.prefix(1)
            rest = rest.dropFirst()
            output += take(while: isSpace)
            var marks: ArraySlice<UInt8> = []
            let value: ArraySlice<UInt8>
            if let mark = rest.first, mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "'") {
                marks = [mark]
                rest = rest.dropFirst()
                value = take { $0 != mark }
                rest = rest.dropFirst()
            } else {
                value = take { !isSpace($0) && $0 != UInt8(ascii: ">") }
            }
            let isLink = wanted.contains(String(decoding: key, as: UTF8.self).lowercased())
            output += marks + (isLink ? ArraySlice(link(value)) : value) + marks
        }
        return output + rest
    }

    private func link(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let text = String(decoding: value, as: UTF8.self)
        let plain = text.replacing("&amp;", with: "&")
        let changed = rewrite(plain)
        return changed == plain ? Array(value) : Array(changed.replacing("&", with: "&amp;").utf8)
    }

    private func isLetter(_ byte: UInt8) -> Bool { 65...90 ~= byte || 97...122 ~= byte }
    private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || 9...13 ~= byte }
}
