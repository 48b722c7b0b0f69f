import ClusterObjects

/// Builds the URL of a request. Source: Kubernetes API concepts, resource URIs.
struct RequestURL {
    private(set) var text: String
    private var separator: Character = "?"

    init(server: String, path: String) {
        var base = Substring(server)
        while base.last == "/" { base.removeLast() }
        text = base + path
    }

    init(server: String, _ resource: GroupVersionResource, namespace: String?, name: String? = nil, subresource: String? = nil) {
        self.init(server: server, path: "")
        text += (resource.group.isEmpty ? "/api" : "/apis/\(resource.group)") + "/\(resource.version)"
        if let namespace, !namespace.isEmpty { text += "/namespaces/\(RequestURL.encoded(namespace))" }
        text += "/\(resource.resource)"
        if let name { text += "/\(RequestURL.encoded(name))" }
        if let subresource { text += "/\(subresource)" }
    }

    /// Adds a parameter; an empty one is left out.
    mutating func add(_ name: String, _ value: String) {
        if value.isEmpty { return }
        text += "\(separator)\(name)=\(RequestURL.encoded(value))"
        separator = "&"
    }

    mutating func add(_ options: ListOptions) {
        add("labelSelector", options.labelSelector)
        add("fieldSelector", options.fieldSelector)
        add("resourceVersion", options.resourceVersion)
        add("resourceVersionMatch", options.resourceVersionMatch)
        add("continue", options.continueToken)
        if options.limit > 0 { add("limit", String(options.limit)) }
    }

    mutating func add(_ options: WriteOptions) {
        add("fieldManager", options.fieldManager)
        add("fieldValidation", options.fieldValidation)
        if options.dryRun { add("dryRun", "All") }
        if options.force { add("force", "true") }
    }

    /// Percent-encodes everything but RFC 3986's unreserved characters.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.append(byte)
            default:
                result.append(UInt8(ascii: "%"))
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
