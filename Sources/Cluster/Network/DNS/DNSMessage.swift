/// The numbers of DNS that are used here. Source: RFC 1035, 2782, 3596, 6891.
enum DNSType {
    static let a: UInt16 = 1
    static let cname: UInt16 = 5
    static let soa: UInt16 = 6
    static let ptr: UInt16 = 12
    static let aaaa: UInt16 = 28
    static let srv: UInt16 = 33
    static let opt: UInt16 = 41
    static let any: UInt16 = 255
}

enum DNSCode: UInt8, Sendable {
    case success = 0
    case formatError = 1
    case serverFailure = 2
    case nameError = 3
    case notImplemented = 4
    case refused = 5
}

/// What a client asks.
struct DNSQuery: Sendable, Hashable {
    var id: UInt16
    var recursionDesired: Bool
    /// In lower case, without a dot at the end.
    var name: String
    var type: UInt16
    /// The question as sent, to be echoed: resolvers compare it, letter case included.
    var question: [UInt8]
    /// Bytes of the largest datagram that the client takes; 512 without EDNS.
    var payload: Int
    var hasEDNS: Bool

    /// Why a message is no query that can be answered.
    enum Failure: Error, Hashable {
        /// Too short, or itself an answer: not replied to.
        case ignored
        case refused(id: UInt16, DNSCode)
    }

    /// Reads one question and the client's EDNS. Looks at each byte once.
    init(_ bytes: [UInt8]) throws(Failure) {
        var reader = DNSReader(bytes)
        guard let id = reader.uint16(), let flags = reader.uint16(), let questions = reader.uint16(), let answers = reader.uint16(),
            let authorities = reader.uint16(), let additional = reader.uint16(), flags & 0x8000 == 0
        else { throw .ignored }
        guard flags & 0x7800 == 0 else { throw .refused(id: id, .notImplemented) }
        guard questions == 1, answers == 0, authorities == 0 else { throw .refused(id: id, .formatError) }
        let start = reader.offset
        guard let name = reader.name(), let type = reader.uint16(), let kind = reader.uint16() else {
            throw .refused(id: id, .formatError)
        }
        self.id = id
        recursionDesired = flags & 0x0100 != 0
        self.name = name
        self.type = type
        question = Array(bytes[start..<reader.offset])
        guard kind == 1 || kind == 255 else { throw .refused(id: id, .refused) }
        payload = 512
        hasEDNS = false
        for _ in 0..<min(additional, 4) {
            guard let record = reader.record() else { throw .refused(id: id, .formatError) }
            guard record.type == DNSType.opt else { continue }
            hasEDNS = true
            // Larger ones would be cut into fragments on the way.
            payload = min(max(Int(record.kind), 512), 1232)
        }
    }

    /// A query of our own.
    init(asking name: String, type: UInt16) {
        id = 0
        recursionDesired = true
        self.name = name
        self.type = type
        var writer = DNSWriter()
        writer.name(name)
        writer.uint16(type)
        writer.uint16(1)
        question = writer.bytes
        payload = 1232
        hasEDNS = false
    }

    var bytes: [UInt8] {
        var writer = DNSWriter()
        for number: UInt16 in [id, recursionDesired ? 0x0100 : 0, 1, 0, 0, 0] { writer.uint16(number) }
        writer.bytes += question
        return writer.bytes
    }
}

/// A record of an answer.
struct DNSRecord: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        case a(IPv4Address)
        case cname(String)
        case ptr(String)
        case srv(port: UInt16, target: String)
        /// As another server had it; free of names that could be compressed.
        case raw(type: UInt16, [UInt8])
    }

    /// Nil: the name that was asked for.
    var name: String?
    var seconds: UInt32
    var content: Content
}

/// An answer, not yet in bytes.
struct DNSAnswer: Sendable, Hashable {
    var code = DNSCode.success
    var records: [DNSRecord] = []
    var additional: [DNSRecord] = []
    /// Whether the cluster's own records speak here; an empty answer then says how long it holds.
    var domain: String?

    /// The message that answers `query`, cut off and marked as such where it is longer than `limit`.
    func bytes(to query: DNSQuery, limit: Int) -> [UInt8] {
        var writer = DNSWriter()
        let flags: UInt16 =
            0x8080 | (query.recursionDesired ? 0x0100 : 0) | (domain == nil ? 0 : 0x0400) | UInt16(code.rawValue)
        for number: UInt16 in [query.id, flags, 1, 0, 0, 0] { writer.uint16(number) }
        writer.bytes += query.question
        let reserved = query.hasEDNS ? 11 : 0
        var counts: [UInt16] = [0, 0, 0]
        var isCut = false
        func add(_ section: Int, _ write: (inout DNSWriter) -> Void) {
            let length = writer.bytes.count
            write(&writer)
            if writer.bytes.count + reserved > limit {
                writer.bytes.removeLast(writer.bytes.count - length)
                if section == 0 { isCut = true }
            } else {
                counts[section] += 1
            }
        }
        for record in records where !isCut { add(0) { $0.record(record) } }
        if records.isEmpty, let domain { add(1) { $0.startOfAuthority(domain) } }
        for record in additional where !isCut { add(2) { $0.record(record) } }
        if query.hasEDNS {
            writer.bytes.append(0)
            writer.uint16(DNSType.opt)
            writer.uint16(1232)
            writer.bytes += [0, 0, 0, 0, 0, 0]
            counts[2] += 1
        }
        if isCut { writer.bytes[2] |= 0x02 }
        for (section, count) in counts.enumerated() {
            writer.bytes[6 + 2 * section] = UInt8(count >> 8)
            writer.bytes[7 + 2 * section] = UInt8(count & 255)
        }
        return writer.bytes
    }

    /// A reply without a question, to a message that could not be read.
    static func refusal(_ id: UInt16, _ code: DNSCode) -> [UInt8] {
        [UInt8(id >> 8), UInt8(id & 255), 0x80, 0x80 | code.rawValue, 0, 0, 0, 0, 0, 0, 0, 0]
    }
}
