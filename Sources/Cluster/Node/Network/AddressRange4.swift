/// An IPv4 range, and the addresses in it that pods may have.
struct AddressRange4: Sendable, Hashable, CustomStringConvertible {
    let base: UInt32
    let mask: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let mask = Int(parts[1]), 1...30 ~= mask, let address = AddressRange4.number(String(parts[0])) else {
            return nil
        }
        base = address & (UInt32.max << UInt32(32 - mask))
        self.mask = mask
    }

    /// The node's own address in it, the pods' gateway.
    var gateway: UInt32 { base + 1 }
    /// What pods may have: all but the network, the gateway and the broadcast address.
    var pods: ClosedRange<UInt32> { (base + 2)...(base + (1 << UInt32(32 - mask)) - 2) }

    var description: String { "\(AddressRange4.text(base))/\(mask)" }

    static func number(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { UInt8($0) }
        guard parts.count == 4, bytes.count == 4 else { return nil }
        return bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }

    static func text(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }
}

/// Gives out a node's pod addresses; one that was given back is used again last.
struct AddressPool: Sendable {
    let range: AddressRange4
    private var used: Set<UInt32> = []
    private var next: UInt32

    init(_ range: AddressRange4) {
        self.range = range
        next = range.pods.lowerBound
    }

    /// Nil when all are taken. O(addresses taken in a row).
    mutating func take() -> String? {
        for _ in range.pods {
            let candidate = next
            next = candidate == range.pods.upperBound ? range.pods.lowerBound : candidate + 1
            if used.insert(candidate).inserted { return AddressRange4.text(candidate) }
        }
        return nil
    }

    /// Marks one that a pod has already.
    mutating func reserve(_ address: String) {
        guard let number = AddressRange4.number(address), range.pods.contains(number) else { return }
        used.insert(number)
    }

    mutating func giveBack(_ address: String) {
        if let number = AddressRange4.number(address) { used.remove(number) }
    }
}
