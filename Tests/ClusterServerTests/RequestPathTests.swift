import ClusterTransport
import Testing

@testable import ClusterServer

/// How the target and the type of a request are read.
@Suite struct RequestPathTests {
    @Test(arguments: [
        ("", []), ("/", []), ("/api/v1", ["api", "v1"]), ("//api///v1/", ["api", "v1"]), ("/a%2Fb/%C3%BC", ["a/b", "ü"]),
        ("/100%/%4/%zz/a+b", ["100%", "%4", "%zz", "a+b"]),
    ]) func `segments are told apart before escapes are resolved`(path: String, segments: [String]) {
        #expect(RequestPath.split(path) == segments)
    }

    @Test func `of a query's repeated parameters the first counts, and a plus is a space`() {
        let query = Query("a=1+2&b=%26&a=3&flag&e=")
        #expect(query["a"] == "1 2")
        #expect(query.all("a") == ["1 2", "3"])
        #expect(query["b"] == "&")
        #expect(query.has("flag") && query.has("e") && !query.has("c"))
    }

    @Test(arguments: [
        ("application/json", "application/json"), ("Application/JSON ; charset=UTF-8", "application/json"), ("", ""), (";", ""),
    ]) func `a media type is read without parameters`(header: String, type: String) {
        #expect(RequestBody.mediaType(HTTPRequest(method: "POST", path: "/", headers: ["Content-Type": header])) == type)
    }
}
