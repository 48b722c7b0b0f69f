/// Reads the parts of a DNS message; nil for what goes beyond its end or its rules.
struct DNSReader {
    struct Record {
        var name: String
        var type: UInt16
        var kind: UInt16
        var seconds: UInt32
        /// Where its data stands in the message.
        var data: Range<Int>
    }

    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8], at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    mutating func uint16() -> UInt16? {
        guard offset + 2 <= bytes.count else { return nil }
        defer { offset += 2 }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    mutating func uint32() -> UInt32? {
        guard let high = uint16(), let low = uint16() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    /// A name of at most 255 bytes in lower case. A pointer must lead back, so every name ends.
    mutating func name() -> String? {
        var text: [UInt8] = []
        var position = offset
        var limit = offset
        var hasJumped = false
        while true {
            guard position < bytes.count else { return nil }
            let length = Int(bytes[position])
            if length >= 0xC0 {
                guard position + 1 < bytes.count else { return nil }
                let target = (length & 0x3F) << 8 | Int(bytes[position + 1])
                if !hasJumped { offset = position + 2 }
                guard target < limit else { return nil }
                hasJumped = true
                limit = target
                position = target
                continue
            }
            guard length < 64 else { return nil }
            if length == 0 {
                if !hasJumped { offset = position + 1 }
                return String(validating: text, as: UTF8.self)
            }
            guard position + 1 + length <= bytes.count, text.count + length + 1 <= 255 else { return nil }
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in bytes[(position + 1)..<(position + 1 + length)] {
                // A dot within a label would make two of one.
                guard byte != UInt8(ascii: ".") else { return nil }
                text.append(65...90 ~= byte ? byte + 32 : byte)
            }
            position += 1 + length
        }
    }

    mutating func record() -> Record? {
        guard let name = name(), let type = uint16(), let kind = uint16(), let seconds = uint32(), let length = uint16(),
            offset + Int(length) <= bytes.count
        else { return nil }
        defer { offset += Int(length) }
        return Record(name: name, type: type, kind: kind, seconds: seconds, data: offset..<(offset + Int(length)))
    }

    /// The addresses and aliases of an answer that another server gave; nil when it cannot be read.
    static func answers(of bytes: [UInt8]) -> (code: DNSCode, records: [DNSRecord])? {
        var reader = DNSReader(bytes)
        guard reader.uint16() != nil, let flags = reader.uint16(), let questions = reader.uint16(), let count = reader.uint16(),
            reader.uint32() != nil
        else { return nil }
        for _ in 0..<questions { guard reader.name() != nil, reader.uint32() != nil else { return nil } }
        var records: [DNSRecord] = []
        for _ in 0..<count {
            guard let record = reader.record() else { return nil }
            switch record.type {
            case DNSType.cname:
                var inner = DNSReader(bytes, at: record.data.lowerBound)
                guard let target = inner.name() else { return nil }
                records.append(DNSRecord(name: record.name, seconds: record.seconds, content: .cname(target)))
            case DNSType.a, DNSType.aaaa:
                records.append(
                    DNSRecord(name: record.name, seconds: record.seconds, content: .raw(type: record.type, Array(bytes[record.data]))))
            default: continue
            }
        }
        return (DNSCode(rawValue: UInt8(flags & 15)) ?? .serverFailure, records)
    }
}
