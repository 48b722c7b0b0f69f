/// Writes the parts of a DNS message.
struct DNSWriter {
    var bytes: [UInt8] = []

    mutating func uint16(_ value: UInt16) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(value & 255))
    }

    mutating func uint32(_ value: UInt32) {
        uint16(UInt16(value >> 16))
        uint16(UInt16(value & 0xFFFF))
    }

    /// A name whose labels are of a length that DNS allows; what is longer is cut off.
    mutating func name(_ name: String) {
        for label in name.utf8.split(separator: UInt8(ascii: ".")) {
            let part = label.prefix(63)
            bytes.append(UInt8(part.count))
            bytes.append(contentsOf: part)
        }
        bytes.append(0)
    }

    mutating func record(_ record: DNSRecord) {
        if let name = record.name {
            self.name(name)
        } else {
            // The name of the question, which always stands behind the header.
            uint16(0xC00C)
        }
        let type: UInt16
        var data = DNSWriter()
        switch record.content {
        case .a(let address):
            type = DNSType.a
            data.bytes = address.bytes
        case .cname(let target):
            type = DNSType.cname
            data.name(target)
        case .ptr(let target):
            type = DNSType.ptr
            data.name(target)
        case .srv(let port, let target):
            type = DNSType.srv
            for number: UInt16 in [0, 100, port] { data.uint16(number) }
            data.name(target)
        case .raw(let other, let content):
            type = other
            data.bytes = content
        }
        uint16(type)
        uint16(1)
        uint32(record.seconds)
        uint16(UInt16(clamping: data.bytes.count))
        bytes += data.bytes.prefix(Int(UInt16.max))
    }

    /// Says of an empty answer that it holds for five seconds. Source: RFC 2308.
    mutating func startOfAuthority(_ domain: String) {
        name(domain)
        uint16(DNSType.soa)
        uint16(1)
        uint32(5)
        var data = DNSWriter()
        data.name("ns.dns.\(domain)")
        data.name("hostmaster.\(domain)")
        for number: UInt32 in [1, 7200, 1800, 86400, 5] { data.uint32(number) }
        uint16(UInt16(clamping: data.bytes.count))
        bytes += data.bytes
    }
}
