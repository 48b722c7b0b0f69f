import ClusterObjects

/// Names that have been there so far, told apart by their bytes: of a map's keys, of containers, of variables. There are few: comparing
/// is cheaper than hashing.
struct SeenKeys {
    private var few: [String] = []
    private var many: Set<ExactText> = []

    /// - Parameter capacity: how many there will be, if known.
    init(capacity: Int = 0) { few.reserveCapacity(min(capacity, 16)) }

    /// Takes in a name; true when it has been there.
    mutating func isRepeated(_ name: String) -> Bool {
        if many.isEmpty {
            if few.contains(where: { Fields.same($0, name) }) { return true }
            few.append(name)
            if few.count > 16 { many = Set(few.map(ExactText.init)) }
            return false
        }
        return !many.insert(ExactText(name)).inserted
    }
}
