import ClusterAPI
import ClusterObjects
import Testing

/// A built-in kind as the server treats its objects: what it fills in, and what it says of one that is made or changed.
struct KindUnderTest {
    let rules: ResourceRules
    /// A sound object, which tests change.
    let sound: Value

    /// `sound` is JSON.
    init(_ group: String, _ version: String, _ plural: String, sound: String) throws {
        rules = try #require(Registry.builtIn().resource(GroupVersionResource(group, version, plural))).rules
        self.sound = try Value(parsing: Array(sound.utf8))
    }

    /// The sound object with a JSON merge patch, as it is stored.
    func object(_ patch: String = "{}") throws -> Value {
        var object = try MergePatch.apply(Value(parsing: Array(patch.utf8)), to: sound)
        rules.setDefaults(&object)
        rules.prepareForCreate(&object)
        return object
    }

    /// What the server says to the creation of the sound object with a patch.
    func created(_ patch: String) throws -> [String] { try rules.validate(object(patch)).map(\.message) }

    /// What it says to a patch of a stored object, which is the sound one with another.
    func changed(_ patch: String, from stored: String = "{}", subresource: String = "") throws -> [String] {
        var old = try MergePatch.apply(Value(parsing: Array(stored.utf8)), to: object())
        rules.setDefaults(&old)
        var new = try MergePatch.apply(Value(parsing: Array(patch.utf8)), to: old)
        rules.setDefaults(&new)
        rules.prepareForUpdate(&new, old, subresource)
        return rules.validateUpdate(new, old, subresource).map(\.message)
    }
}

/// A row of a table: what is wrong, and what is said about it.
struct Refusal: CustomTestStringConvertible {
    var patch: String
    var stored = "{}"
    var messages: [String]

    init(_ patch: String, _ messages: String...) {
        self.patch = patch
        self.messages = messages
    }

    init(_ patch: String, from stored: String, _ messages: String...) {
        self.patch = patch
        self.stored = stored
        self.messages = messages
    }

    var testDescription: String { "\(patch) \(stored == "{}" ? "" : "of \(stored)")" }
}
