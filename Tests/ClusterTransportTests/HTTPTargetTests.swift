import Testing

@testable import ClusterTransport

/// What request lines ask for.
@Suite struct HTTPTargetTests {
    @Test(arguments: [
        ("/", "/", ""), ("/a%20b?x=%zz", "/a%20b", "x=%zz"), ("/a?b?c", "/a", "b?c"), ("*", "*", ""), ("//a", "//a", ""),
        ("http://host:80/a?b", "/a", "b"), ("http://host", "/", ""), ("http://host?b", "/", "b"),
    ]) func `a path and a query`(text: String, path: String, query: String) {
        let target = HTTPTarget(text)
        #expect(target?.path == path && target?.query == query)
    }

    @Test(arguments: ["", "a", "/%zz", "/%", "/%2", "/%2g", "/a%", "/a b", "/a\u{7F}", "/a\u{1}"]) func `what makes no sense`(text: String)
    {
        #expect(HTTPTarget(text) == nil)
    }
}
