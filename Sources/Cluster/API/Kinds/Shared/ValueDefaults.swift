import ClusterObjects

extension Value {
    /// Sets a field that is absent, null or, where it is to be a word, empty: Go's strings know no difference, and its protobuf
    /// writes empty ones.
    mutating func fill(_ key: String, _ value: Value) {
        let current = self[key] ?? .null
        if current.isNull || (current == "" && value.string != nil) { self[key] = value }
    }

    /// Edits a field that holds an object; does nothing where it is absent or of another type.
    mutating func edit(_ key: String, _ body: (inout Value) -> Void) {
        guard self[key]?.object != nil else { return }
        body(&self[key, default: .emptyObject])
    }

    /// Edits every element of a field that holds a list; does nothing where it is absent or of another type.
    mutating func editEach(_ key: String, _ body: (inout Value) -> Void) {
        guard self[key]?.array != nil else { return }
        self[key, default: []].editElements { elements in
            for index in elements.indices { body(&elements[index]) }
        }
    }
}
