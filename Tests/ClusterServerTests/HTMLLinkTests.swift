import Testing

@testable import ClusterServer

/// Links in pages that come through a proxy.
@Suite struct HTMLLinkTests {
    private static let prefix = "/p"

    /// The page with its links changed, read in pieces of a size.
    private func changed(_ page: String, by size: Int = .max) -> String {
        var links = HTMLLinks { $0.hasPrefix("/") ? HTMLLinkTests.prefix + $0 : $0 }
        var output: [UInt8] = []
        var rest = Array(page.utf8)[...]
        while !rest.isEmpty {
            output += links.read(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return String(decoding: output + links.finish(), as: UTF8.self)
    }

    @Test(arguments: [
        (#"<a href="/x">/x</a>"#, #"<a href="/p/x">/x</a>"#), (#"<A HREF='/x' title="/y">"#, #"<A HREF='/p/x' title="/y">"#),
        ("<a href=/x>t</a>", "<a href=/p/x>t</a>"), (#"<img alt = "a > b" src = "/i.png"/>"#, #"<img alt = "a > b" src = "/p/i.png"/>"#),
        (#"<a href="/x?a=1&amp;b=2">"#, #"<a href="/p/x?a=1&amp;b=2">"#), (#"<a href="x">"#, #"<a href="x">"#),
        (
            #"<script src="/s.js">if (a<b) { "<a href='/no'>" }</script><a href="/y">"#,
            #"<script src="/p/s.js">if (a<b) { "<a href='/no'>" }</script><a href="/p/y">"#
        ),
        (#"<!-- <a href="/no"> --><a href="/x">"#, #"<!-- <a href="/no"> --><a href="/p/x">"#),
        (#"<!---><!--><a href="/x">"#, #"<!---><!--><a href="/p/x">"#),
        (#"<!doctype html><base href="/">"#, #"<!doctype html><base href="/p/">"#),
        (#"1 < 2 <a href="/x">"#, #"1 < 2 <a href="/p/x">"#), (#"<<a href="/x">"#, #"<<a href="/p/x">"#),
        (#"<p it's><a href="/x">"#, #"<p it's><a href="/p/x">"#), ("<a href=", "<a href="), ("<a href=\"/x", "<a href=\"/x"), ("<", "<"),
        ("", ""),
        (#"<form action="/f"><input formaction="/g"></form>"#, #"<form action="/p/f"><input formaction="/p/g"></form>"#),
        (#"<div data-href="/no" href="/no">"#, #"<div data-href="/no" href="/no">"#),
        (#"<title><a href="/no"></title><a checked href="/x" />"#, #"<title><a href="/no"></title><a checked href="/p/x" />"#),
    ])
    func `links change, nothing else does, wherever the page is cut`(page: String, expected: String) {
        #expect(changed(page) == expected)
        for size in 1...7 { #expect(changed(page, by: size) == expected, "in pieces of \(size)") }
    }

    @Test func `a tag that never ends passes as it comes`() {
        let long = "<a title=\"" + String(repeating: "> ", count: 50_000)
        var links = HTMLLinks { "/p" + $0 }
        #expect(links.read(Array(long.utf8)).count > 60_000, "it is not held for ever")
        #expect(changed(long + "\"><a href=\"/x\">", by: 1000) == long + "\"><a href=\"/p/x\">")
        let many = "<a " + String(repeating: "b=c ", count: 1000) + "href=\"/x\">"
        #expect(changed(many) == many)
    }
}
