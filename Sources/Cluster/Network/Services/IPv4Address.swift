import Glibc

/// An IPv4 address.
public struct IPv4Address: Sendable, Hashable, CustomStringConvertible {
    /// In the order of reading: 10.0.0.1 is 0x0A000001.
    public let bits: UInt32

    public init(bits: UInt32) { self.bits = bits }

    /// Reads `10.96.0.1`; nil for anything else, leading zeros included.
    public init?(_ text: String) {
        var bits: UInt32 = 0
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        for part in parts {
            guard 1...3 ~= part.count, part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for byte in part {
                guard 48...57 ~= byte else { return nil }
                number = number * 10 + UInt32(byte - 48)
            }
            guard number < 256 else { return nil }
            bits = bits << 8 | number
        }
        self.bits = bits
    }

    public var bytes: [UInt8] { [UInt8(bits >> 24), UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)] }
    public var description: String { bytes.map(String.init).joined(separator: ".") }
}

/// A range of IPv4 addresses, `10.244.0.0/16`.
public struct IPv4Network: Sendable, Hashable {
    private let base: UInt32
    private let mask: UInt32

    /// Nil for what is no range.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(String(parts[0])), let length = Int(parts[1]), 0...32 ~= length else {
            return nil
        }
        mask = length == 0 ? 0 : UInt32.max << UInt32(32 - length)
        base = address.bits & mask
    }

    public func contains(_ address: IPv4Address) -> Bool { address.bits & mask == base }
}
