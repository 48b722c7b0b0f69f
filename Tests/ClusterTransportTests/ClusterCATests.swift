import ClusterTransport
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Testing

@Suite struct ClusterCATests {
    @Test func `the CA of a directory is made once, for its owner alone`() throws {
        let directory = try TemporaryDirectory()
        let made = try ClusterCA(directory: "\(directory.path)/pki")
        #expect(try ClusterCA(directory: "\(directory.path)/pki").certificatePEM == made.certificatePEM)
        for file in ["ca.crt", "ca.key"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/pki/\(file)")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func `files that are damaged, missing or of another CA are named`() throws {
        let (ours, other) = (try TemporaryDirectory(), try TemporaryDirectory())
        _ = try ClusterCA(directory: ours.path)
        _ = try ClusterCA(directory: other.path)
        let (certificate, key) = ("\(ours.path)/ca.crt", "\(ours.path)/ca.key")
        let good = try String(contentsOfFile: key, encoding: .utf8)
        func refusal() -> String? {
            do {
                _ = try ClusterCA(directory: ours.path)
                return nil
            } catch { return "\(error)" }
        }
        try FileManager.default.removeItem(atPath: key)
        #expect(refusal()?.hasPrefix("\(key): missing; put back the key of ca.crt") == true)
        try "nonsense".write(toFile: key, atomically: true, encoding: .utf8)
        #expect(refusal()?.hasPrefix("\(key): not a P-256 private key in PEM") == true)
        try FileManager.default.removeItem(atPath: key)
        try FileManager.default.copyItem(atPath: "\(other.path)/ca.key", toPath: key)
        #expect(refusal()?.hasPrefix("\(key): not the key of ca.crt") == true)
        try good.write(toFile: key, atomically: true, encoding: .utf8)
        #expect(refusal() == nil)
        try "nonsense".write(toFile: certificate, atomically: true, encoding: .utf8)
        #expect(refusal()?.hasPrefix("\(certificate): not a certificate in PEM") == true)
        try FileManager.default.removeItem(atPath: certificate)
        #expect(refusal() == nil)
    }

    @Test func `a client is who its certificate says; without one it is nobody`() async throws {
        let directory = try TemporaryDirectory()
        let authority = try ClusterCA(directory: directory.path)
        try await withServer(authority) { port in
            let client = try authority.clientCredential(user: "jane", groups: ["dev", "ops"])
            #expect(try await ask(port, trusting: authority, client) == "jane dev,ops")
            #expect(try await ask(port, trusting: authority, nil) == "nobody")
        }
    }

    @Test func `a certificate of another CA is refused, and so is a server of another CA`() async throws {
        let (ours, other) = (try TemporaryDirectory(), try TemporaryDirectory())
        let authority = try ClusterCA(directory: ours.path)
        let foreign = try ClusterCA(directory: other.path)
        try await withServer(authority) { port in
            let stranger = try foreign.clientCredential(user: "jane", groups: ["system:masters"])
            await #expect(throws: (any Error).self) { try await ask(port, trusting: authority, stranger) }
            await #expect(throws: (any Error).self) { try await ask(port, trusting: foreign, nil) }
            #expect(try await ask(port, trusting: authority, nil) == "nobody")
        }
    }

    private func withServer(_ authority: ClusterCA, run: @Sendable (Int) async throws -> Void) async throws {
        let tls = try authority.serverContext(authority.serverCredential(names: ["localhost"], addresses: ["127.0.0.1"]))
        let answers = Answers(now: { request in
            let who = request.peer.map { "\($0.commonName) \($0.organizations.joined(separator: ","))" } ?? "nobody"
            return HTTPResponse(status: 200, body: .bytes(Array(who.utf8)))
        })
        try await withListener(answers, tls: tls) { try await run($0.port) }
    }

    /// The body that a request over TLS is answered with.
    private func ask(_ port: Int, trusting authority: ClusterCA, _ credential: Credential?) async throws -> String {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.certificatePEM.utf8)))
        if let credential {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(credential.certificate.utf8)).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(credential.key.utf8), format: .pem))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"))
            var text = ""
            for try await part in inbound { text += String(buffer: part) }
            return String(text.split(separator: "\r\n", omittingEmptySubsequences: false).last ?? "")
        }
    }
}
