/// The path of a request to a `proxy` subresource: what is before the server behind it, and what that server is asked for.
struct ProxyPath: Hashable {
    /// Decoded, without a slash at its end: `/api/v1/namespaces/default/pods/web/proxy`.
    let prefix: String
    /// Decoded, without `.` and `..`; empty when nothing follows the prefix, not even a slash.
    let rest: String

    /// - Parameters:
    ///   - path: as it was sent.
    ///   - count: how many segments are the prefix.
    init(_ path: String, prefixed count: Int) {
        prefix = "/" + RequestPath.split(path).prefix(count).joined(separator: "/")
        var rest = Array(path.utf8)[...]
        for _ in 0..<count {
            rest = rest.drop { $0 == UInt8(ascii: "/") }.drop { $0 != UInt8(ascii: "/") }
        }
        let decoded = Percent.decode(rest)
        self.rest = decoded.isEmpty ? "" : ProxyPath.cleaned(decoded)
    }

    /// Without empty segments, `.` and `..`, which lead nowhere above the root; a slash at the end stays.
    static func cleaned(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        let joined = "/" + segments.joined(separator: "/")
        return path.hasSuffix("/") && joined != "/" ? joined + "/" : joined
    }

    /// As it is sent to the server behind: escaped.
    func target(query: String) -> String {
        let path = ProxyPath.encoded(rest.isEmpty ? "/" : rest)
        return query.isEmpty ? path : "\(path)?\(query)"
    }

    /// Escaped as Go's net/url does in a path.
    static func encoded(_ path: String) -> String { Percent.encode(path, allowed: "$&+,/:;=@") }

    /// A link of the server behind, as clients of this one reach what it leads to. (k8s.io/apimachinery, util/proxy, rewriteURL.)
    /// - Parameters:
    ///   - link: a `Location`, absolute or not.
    ///   - host: the server's own name and port.
    ///   - asked: the host that the client asked for.
    /// - Returns: the same link when it leads to another server, or is relative to where it stands.
    func rewritten(_ link: String, host: String, asked: String) -> String {
        var rest = link[...]
        var authority: Substring = ""
        var origin: Substring = ""
        if let mark = rest.firstRange(of: "//"), mark.lowerBound == rest.startIndex || rest[..<mark.lowerBound].last == ":" {
            let end = rest[mark.upperBound...].firstIndex { "/?#".contains($0) } ?? rest.endIndex
            authority = rest[mark.upperBound..<end]
            origin = rest[..<end]
            rest = rest[end...]
        }
        if !authority.isEmpty, authority != host, authority != asked { return link }
        guard rest.hasPrefix("/") else { return link }
        let kept = authority == asked ? origin : ""
        if rest.hasPrefix(prefix) { return String(kept + rest) }
        let end = rest.firstIndex { "?#".contains($0) } ?? rest.endIndex
        return "\(kept)\(ProxyPath.encoded(prefix))\(ProxyPath.cleaned(String(rest[..<end])))\(rest[end...])"
    }
}
