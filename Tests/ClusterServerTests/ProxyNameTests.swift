import ClusterTransport
import Testing

@testable import ClusterServer

/// What `proxy` requests mean, and how links lead back through them.
@Suite struct ProxyNameTests {
    @Test func `a name may have a scheme before it and a port behind`() {
        #expect(ProxyName("web").map { [$0.scheme, $0.name, $0.port] } == ["http", "web", ""])
        #expect(ProxyName("web:80").map { [$0.scheme, $0.name, $0.port] } == ["http", "web", "80"])
        #expect(ProxyName("https:web:admin").map { [$0.scheme, $0.name, $0.port] } == ["https", "web", "admin"])
        #expect(ProxyName(":web:").map { [$0.scheme, $0.name, $0.port] } == ["http", "web", ""])
        for wrong in ["", ":80", "ftp:web:80", "a:b:c:d", "http::80"] { #expect(ProxyName(wrong) == nil, "\(wrong)") }
    }

    private let base = "/api/v1/namespaces/default/services/web/proxy"

    @Test(arguments: [
        ("", ""), ("/", "/"), ("/a/b", "/a/b"), ("/a/b/", "/a/b/"), ("/a//b/./c", "/a/b/c"), ("/a/../../../b", "/b"),
        ("/a%2Fb%20c", "/a/b c"),
        ("/%C3%BC", "/ü"),
    ]) func `what follows the prefix is what the server behind is asked for`(rest: String, path: String) {
        let place = ProxyPath(base + rest, prefixed: 7)
        #expect(place.prefix == base)
        #expect(place.rest == path)
    }

    @Test func `a path is escaped again on its way`() {
        #expect(ProxyPath(base + "/a%20b%3Fc/%25", prefixed: 7).target(query: "x=%20") == "/a%20b%3Fc/%25?x=%20")
        #expect(ProxyPath(base + "/a%0d%0aX:%20y", prefixed: 7).target(query: "") == "/a%0D%0AX:%20y")
        #expect(ProxyPath(base, prefixed: 7).target(query: "") == "/")
    }

    @Test(arguments: [
        ("/login?to=/", "/api/v1/namespaces/default/services/web/proxy/login?to=/"), ("other", "other"), ("../up", "../up"),
        ("http://10.244.0.7:80/a/", "/api/v1/namespaces/default/services/web/proxy/a/"), ("http://example.org/a", "http://example.org/a"),
        ("//example.org/a", "//example.org/a"),
        ("/api/v1/namespaces/default/services/web/proxy/a", "/api/v1/namespaces/default/services/web/proxy/a"),
        ("https://cluster:6443/a#b", "https://cluster:6443/api/v1/namespaces/default/services/web/proxy/a#b"), ("mailto:a@b", "mailto:a@b"),
    ]) func `links to the same server lead through the proxy`(link: String, rewritten: String) {
        let place = ProxyPath(base + "/x", prefixed: 7)
        #expect(place.rewritten(link, host: "10.244.0.7:80", asked: "cluster:6443") == rewritten)
    }

    @Test func `only addresses that mean the same everywhere are proxied to`() {
        for good in ["10.244.0.7", "192.168.1.1", "8.8.8.8", "fd00::1"] { #expect(ProxyAddress.isAllowed(good), "\(good)") }
        for bad in ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "ff02::1", "web", ""] {
            #expect(!ProxyAddress.isAllowed(bad), "\(bad)")
        }
    }
}
