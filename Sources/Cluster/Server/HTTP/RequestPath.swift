import ClusterObjects

/// What a request's path names: `/apis/apps/v1/namespaces/default/deployments/web/scale`.
struct RequestPath {
    var resource: GroupVersionResource
    /// Empty for cluster scope and for all namespaces.
    var namespace = ""
    var name = ""
    var subresource = ""
    /// What follows the subresource (`…/proxy/PATH`).
    var rest: [String] = []
    /// The old form `/api/v1/watch/…`.
    var isWatch = false

    /// Nil when the path is none of a resource.
    init?(_ parts: [String]) {
        var rest: ArraySlice<String>
        let version: GroupVersion
        if parts.first == "api", parts.count >= 3 {
            version = GroupVersion("", parts[1])
            rest = parts[2...]
        } else if parts.first == "apis", parts.count >= 4 {
            version = GroupVersion(parts[1], parts[2])
            rest = parts[3...]
        } else {
            return nil
        }
        if rest.first == "watch", rest.count > 1 {
            isWatch = true
            rest = rest.dropFirst()
        }
        // `namespaces/NAME/status` and `…/finalize` are of the namespace itself.
        if rest.first == "namespaces", rest.count >= 3 {
            let third = rest[rest.startIndex + 2]
            if rest.count > 3 || (third != "status" && third != "finalize") {
                namespace = rest[rest.startIndex + 1]
                rest = rest.dropFirst(2)
            }
        }
        guard let plural = rest.first else { return nil }
        resource = GroupVersionResource(version.group, version.version, plural)
        let more = Array(rest.dropFirst())
        if more.count > 0 { name = more[0] }
        if more.count > 1 { subresource = more[1] }
        if more.count > 2 { self.rest = Array(more[2...]) }
    }

    /// Of what a pod, a service or a node serves.
    var isProxy: Bool {
        subresource == "proxy" && !isWatch && resource.group.isEmpty && ["pods", "services", "nodes"].contains(resource.resource)
    }

    /// The decoded segments of a path. O(length).
    static func split(_ path: String) -> [String] {
        Array(path.utf8).split(separator: UInt8(ascii: "/")).map { Percent.decode($0) }
    }
}

/// Percent-decoding (RFC 3986); what is no escape stays.
enum Percent {
    static func decode(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }) else {
            return String(decoding: text, as: UTF8.self)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var position = text.startIndex
        while position < text.endIndex {
            let byte = text[position]
            let next = position + 1
            if byte == UInt8(ascii: "%"), next < text.endIndex, let high = digit(text[next]) {
                let last = next + 1
                if last < text.endIndex, let low = digit(text[last]) {
                    bytes.append(high << 4 | low)
                    position = last + 1
                    continue
                }
            }
            bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            position = next
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What may stand in a segment of a path or a value of a query; all else is escaped.
    /// - Parameter allowed: what may stand there besides.
    static func encode(_ text: String, allowed: String = "") -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(UnicodeScalar(byte))
            case _ where allowed.utf8.contains(byte): result.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// A query's parameters; of repeated ones the first counts.
struct Query {
    private var items: [(key: String, value: String)] = []

    init(_ text: String) {
        guard !text.isEmpty else { return }
        for pair in Array(text.utf8).split(separator: UInt8(ascii: "&")).prefix(4096) {
            if let equals = pair.firstIndex(of: UInt8(ascii: "=")) {
                items.append(
                    (
                        Percent.decode(pair[..<equals], plusIsSpace: true),
                        Percent.decode(pair[(equals + 1)...], plusIsSpace: true)
                    ))
            } else {
                items.append((Percent.decode(pair, plusIsSpace: true), ""))
            }
        }
    }

    /// Empty when absent.
    subscript(_ key: String) -> String { items.first { $0.key == key }?.value ?? "" }
    func has(_ key: String) -> Bool { items.contains { $0.key == key } }
    func all(_ key: String) -> [String] { items.filter { $0.key == key }.map(\.value) }

    /// As Kubernetes reads booleans of a query: present and neither `false` nor `0`.
    func flag(_ key: String) -> Bool {
        guard has(key) else { return false }
        let value = self[key].lowercased()
        return value != "false" && value != "0"
    }
}
