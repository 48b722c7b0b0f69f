import ClusterObjects

extension [Problem] {
    typealias Check = (Value, FieldPath, inout [Problem]) -> Void

    /// Checks every element of a list in a field. Of a list that is too long nothing else is said.
    mutating func each(_ object: Value, _ key: String, _ path: FieldPath, most: Int, _ check: Check) {
        let (list, here) = (object.list(key), path / key)
        if list.count > most { return append(.tooMany(here, list.count, most: most)) }
        for (index, element) in list.enumerated() { check(element, here.index(index), &self) }
    }

    /// The same of elements that differ by a key.
    mutating func eachOnce(
        _ object: Value, _ key: String, _ path: FieldPath, most: Int = .max, by name: (Value) -> String = { $0.string ?? "" },
        _ check: Check
    ) {
        each(object, key, path, most: most, check)
        let list = object.list(key)
        guard list.count <= most else { return }
        var seen = SeenKeys(capacity: list.count)
        for (index, element) in list.enumerated() where seen.isRepeated(name(element)) {
            append(.duplicate((path / key).index(index), .string(name(element))))
        }
    }

    /// Checks every entry of a map in a field, and its key.
    mutating func eachEntry(
        _ object: Value, _ key: String, _ path: FieldPath, most: Int = .max, longestKey: Int,
        name: (String, FieldPath, inout [Problem]) -> Void, _ check: Check
    ) {
        let (map, here) = (object.map(key), path / key)
        if map.count > most { return append(.tooMany(here, map.count, most: most)) }
        for (key, value) in map {
            let place = here.key(Self.shortened(key, to: longestKey))
            name(key, place, &self)
            check(value, place, &self)
        }
    }

    /// What is too long to be shown, without its middle.
    private static func shortened(_ text: String, to most: Int) -> String {
        guard text.utf8.count > most else { return text }
        let (bytes, rest) = ([UInt8](text.utf8), most - 3)
        return String(decoding: bytes.prefix((rest + 1) / 2), as: UTF8.self) + "..."
            + String(decoding: bytes.suffix(rest / 2), as: UTF8.self)
    }
}
