import ClusterObjects
import ManifestLoader
import Testing

@Suite struct `YAML scalars as kubectl reads them` {
    @Test(
        arguments: [
            ("yes", true), ("on", true), ("Off", false), ("n", false), ("0777", 511), ("0o17", 15), ("0x1F", 31), ("1_000", 1000),
            ("~", .null), ("", .null), ("2024-01-02", "2024-01-02"), ("1.5", 1.5), ("1e3", 1000), ("'0777'", "0777"), ("-7", -7),
            ("012e", "012e"), ("1.2.3", "1.2.3"), ("0b101", 5), ("yep", "yep"), ("!!str 12", "12"),
            ("12345678901234567890", 12345678901234567890.0),
        ] as [(String, Value)])
    func `an unquoted scalar has the meaning of YAML 1.1`(text: String, meaning: Value) throws {
        #expect(try YAML.parse("a: \(text)\n") == [["a": meaning]])
    }
}
