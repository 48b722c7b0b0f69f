import ClusterAPI
import ClusterObjects
import Testing

/// Sets of fields against sets of paths, which say the same at greater length.
@Suite struct FieldSetTests {
    private typealias Path = [String]

    private static func paths(_ random: inout SplitMix) -> Set<Path> {
        let names = ["a", "b", "c"]
        let count = Int(random.next() % 9)
        return Set((0..<count).map { _ in (0...Int(random.next() % 3)).map { _ in names[Int(random.next() % 3)] } })
    }

    private static func set(_ paths: Set<Path>) -> FieldSet { paths.reduce(FieldSet()) { $0.union(FieldSet(path: $1)) } }

    private static func members(_ set: FieldSet) -> Set<Path> { Set(set.paths.map { $0.split(separator: ".").map(String.init) }) }

    @Test(arguments: 0..<200)
    func `operations do to members what they do to sets`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let (left, right) = (FieldSetTests.paths(&random), FieldSetTests.paths(&random))
        let (a, b) = (FieldSetTests.set(left), FieldSetTests.set(right))
        #expect(FieldSetTests.members(a) == left)
        #expect(a.isEmpty == left.isEmpty)
        #expect(FieldSetTests.members(a.union(b)) == left.union(right))
        #expect(FieldSetTests.members(a.subtracting(b)) == left.subtracting(right))
        #expect(FieldSetTests.members(a.intersection(b)) == left.intersection(right))
        #expect(a.isSubset(of: b) == left.isSubset(of: right))
        let removed = left.filter { path in !path.indices.contains { right.contains(Array(path[...$0])) } }
        #expect(FieldSetTests.members(a.removing(b)) == removed)
        for path in left.union(right) { #expect(a.contains(path) == left.contains(path)) }
        // There is one form of a set, whatever it was made by, and it is the one that is read back.
        for result in [a.union(b), a.subtracting(b), a.intersection(b), a.removing(b)] {
            #expect(result == FieldSetTests.set(FieldSetTests.members(result)))
            #expect(FieldSet(fieldsV1: result.fieldsV1) == result)
        }
    }

    @Test func `a set is written as it is kept whoever wrote it`() throws {
        let given = try Value(
            parsing: #"{"f:a":{".":{}},"k:{\"y\":1, \"x\":\"c\"}":{".":{},"f:z":{}},"v: 3":{},"i:10":{},"i:2":{}}"#)
        let set = try #require(FieldSet(fieldsV1: given))
        #expect(
            set.fieldsV1
                == (try Value(parsing: #"{"f:a":{},"i:10":{},"i:2":{},"k:{\"x\":\"c\",\"y\":1}":{".":{},"f:z":{}},"v:3":{}}"#)))
        #expect(set.paths == [".a", #"[x="c",y=1]"#, "[=3]", "[10]", "[2]", #"[x="c",y=1].z"#])
    }

    @Test(arguments: [#"{"a":{}}"#, #"{"f:a":1}"#, #"{"k:[]":{}}"#, #"{"k:{":{}}"#, #"{"v:":{}}"#, #"{"i:x":{}}"#, #"{"":{}}"#, "[]"])
    func `what is no set is not read`(text: String) throws {
        #expect(FieldSet(fieldsV1: try Value(parsing: text)) == nil)
    }
}
