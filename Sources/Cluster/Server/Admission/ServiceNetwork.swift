/// An IPv4 network in which services get their addresses.
public struct ServiceNetwork: Sendable, Hashable {
    public let base: UInt32
    public let prefixLength: Int

    /// Reads `10.96.0.0/16`; nil unless the prefix is between 8 and 28.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(parts[1]), 8...28 ~= length, let address = ServiceNetwork.address(String(parts[0])) else {
            return nil
        }
        prefixLength = length
        base = address & ~(UInt32.max >> UInt32(length))
    }

    private init(base: UInt32, prefixLength: Int) {
        self.base = base
        self.prefixLength = prefixLength
    }

    /// 10.96.0.0/16
    public static let standard = ServiceNetwork(base: 0x0A60_0000, prefixLength: 16)

    /// The address of the service `kubernetes`, and that on which names are resolved.
    public var api: UInt32 { base + 1 }
    public var dns: UInt32 { base + 10 }

    /// How many addresses at the network's beginning are given out last, so that those who choose an address themselves find it free.
    /// Source: KEP-3070, pkg/registry/core/service/ipallocator.
    var keptForChoice: UInt32 { size <= 16 ? 0 : min(max(16, size / 16), 256) }

    public var size: UInt32 { 1 << UInt32(32 - prefixLength) }
    public func contains(_ address: UInt32) -> Bool { address & ~(UInt32.max >> UInt32(prefixLength)) == base }
    public var description: String { "\(ServiceNetwork.text(base))/\(prefixLength)" }

    /// Reads dotted decimal without leading zeros.
    public static func address(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var result: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            result = result << 8 | UInt32(byte)
        }
        return result
    }

    public static func text(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }
}
