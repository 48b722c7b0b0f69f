import Foundation

/// The lines of an audit log.
struct AuditEvents {
    struct Event {
        let fields: [String: Any]

        func text(_ path: String...) -> String {
            var value: Any? = fields
            for name in path { value = (value as? [String: Any])?[name] }
            return value as? String ?? ""
        }

        var verb: String { text("verb") }
        var user: String { text("user", "username") }
        var code: Int? { (fields["responseStatus"] as? [String: Any])?["code"] as? Int }
    }

    let text: String
    let all: [Event]

    init(_ path: String) throws {
        text = try String(contentsOfFile: path, encoding: .utf8)
        // The last line may be in the middle of being written.
        let whole = text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
        all = try whole.split(separator: "\n").map {
            Event(fields: try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:])
        }
    }
}
