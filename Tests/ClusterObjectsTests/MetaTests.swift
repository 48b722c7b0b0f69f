import Testing

@testable import ClusterObjects

@Suite struct MetaTests {
    @Test(arguments: [
        ("0", "0"), ("100m", "100m"), ("1000m", "1"), ("0.5", "500m"), ("1.5Gi", "1536Mi"), ("1024Ki", "1Mi"), ("0.5Ki", "512"),
        ("1e3", "1e3"),
        ("12e6", "12e6"), ("1500", "1500"), ("2k", "2k"), ("2000", "2k"), ("1n", "1n"), ("0.1n", "1n"), ("-1.5", "-1500m"), ("+3", "3"),
        ("1Ti", "1Ti"), ("100E", "9223372036854775807"), ("1.", "1"), (".5", "500m"),
    ])
    func `a quantity is written canonically`(text: String, canonical: String) throws {
        #expect(try #require(Quantity(text)).description == canonical)
    }

    @Test(arguments: ["", "m", "1x", "1 Gi", "1.2.3", "--1", "1ki", "1e", "Gi1"])
    func `what is no quantity is refused`(text: String) { #expect(Quantity(text) == nil) }

    @Test(arguments: [
        ("+1.", "+1."), ("1000m", "1"), ("0.1", "100m"), ("1.500", "1.500"), ("1.5", "1500m"), ("2000", "2k"), ("1024Ki", "1Mi"),
        ("1025Mi", "1025Mi"), ("1e3", "1e3"), ("0.5", "500m"), ("1.5Gi", "1536Mi"), ("007", "007"), ("1E", "1E"), ("-3Ki", "-3Ki"),
    ])
    func `a quantity that looks canonical is kept as written`(text: String, kept: String) {
        #expect(Quantity.kept(text) == kept)
    }

    @Test func `quantities add exactly`() throws {
        let sum = try #require(Quantity("100m")) + #require(Quantity("1.9"))
        #expect(sum == Quantity(2))
        #expect(sum.milliValue == 2000)
    }

    @Test(arguments: [
        ("2026-11-25T10:19:43Z", "2026-11-25T10:19:43Z"), ("2026-11-25T12:19:43.999+02:00", "2026-11-25T10:19:43Z"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"), ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
    ])
    func `a timestamp reads RFC 3339`(text: String, canonical: String) throws {
        #expect(try #require(Timestamp(text)).description == canonical)
    }

    @Test(arguments: [
        "", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-11-25 10:19:43", "2026-11-25T10:19:43", "2026-11-25T25:00:00Z",
    ])
    func `what is no time is refused`(text: String) { #expect(Timestamp(text) == nil) }

    @Test(arguments: [Double(Int64.max), -Double(Int64.max), .infinity, .nan, 1e30])
    func `time does not move out of the years that can be written`(seconds: Double) throws {
        let moved = try #require(Timestamp("2026-11-25T10:19:43Z")) + seconds
        #expect(moved == .earliest || moved == .latest)
        #expect(Timestamp(moved.description) == moved)
        #expect(Timestamp("0000-01-01T00:00:00+01:00") == nil)
    }

    @Test func `microseconds are kept`() throws {
        #expect(try #require(Timestamp("2026-11-25T10:19:43.12Z")).microDescription == "2026-11-25T10:19:43.120000Z")
    }

    @Test func `a label selector matches as Kubernetes does`() throws {
        let selector = LabelSelector(
            try Tree(parsing: #"{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"NotIn","values":["db"]}]}"#))
        #expect(selector.matches(["app": "web"]))
        #expect(!selector.matches(["app": "web", "tier": "db"]))
        #expect(!LabelSelector(nil).matches([:]))
        #expect(LabelSelector(try Tree(parsing: "{}")).matches(["a": "b"]))
        #expect(selector.description == "app=web,tier notin (db)")
    }
}
