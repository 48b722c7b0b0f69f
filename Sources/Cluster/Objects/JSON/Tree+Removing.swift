extension Tree {
    /// A document of its own, of the same bytes but for one field of an object that is a field of this one. Itself when there is no such
    /// field, or this is no whole document. O(size), and nothing is parsed again.
    public func removing(_ name: String, from owner: String) -> Tree {
        guard index == 0, kind == .object, let object = self[owner], object.kind == .object,
            let cut = Cut(name, of: object)
        else { return self }
        let bytes = [UInt8](unsafeUninitializedCapacity: document.bytes.count - cut.bytes.count) { buffer, count in
            count = buffer.initialize(fromContentsOf: document.bytes[..<cut.bytes.lowerBound])
            count = buffer[count...].initialize(fromContentsOf: document.bytes[cut.bytes.upperBound...])
        }
        var tape: [UInt32] = []
        tape.reserveCapacity(document.tape.count - cut.words.count)
        func moved(_ offset: Int) -> UInt32 {
            UInt32(truncatingIfNeeded: offset < cut.bytes.upperBound ? offset : offset - cut.bytes.count)
        }
        var place = 0
        while place < document.tape.count {
            if place == cut.words.lowerBound {
                place = cut.words.upperBound
                continue
            }
            let tree = Tree(document, place)
            tape.append(tree.kind.rawValue << 28 | moved(tree.offset))
            place += 1
            guard tree.kind == .object || tree.kind == .array else { continue }
            let encloses = tree.index < cut.words.lowerBound && tree.index + tree.span > cut.words.lowerBound
            tape.append(UInt32(truncatingIfNeeded: tree.span - (encloses ? cut.words.count : 0)))
            tape.append(UInt32(truncatingIfNeeded: tree.count - (tree.index == object.index ? 1 : 0)))
            tape.append(moved(tree.extent.upperBound))
            place += TapeParser.header - 1
        }
        return Tree(Document(bytes: bytes, tape: tape), 0)
    }

    /// What goes with a field: its words, and its bytes with one of the commas beside it.
    private struct Cut {
        var words: Range<Int>
        var bytes: Range<Int>

        init?(_ name: String, of object: Tree) {
            var fields = object.fields
            // Behind the field before, where there is one.
            var end: Int?
            while let (key, value) = fields.nextPair() {
                guard key.string == name else {
                    end = value.extent.upperBound
                    continue
                }
                words = key.index..<value.index + value.span
                if let next = fields.nextPair() {
                    bytes = key.extent.lowerBound..<next.key.extent.lowerBound
                } else {
                    bytes = (end ?? key.extent.lowerBound)..<value.extent.upperBound
                }
                return
            }
            return nil
        }
    }
}
