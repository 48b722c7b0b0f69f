import Foundation
import Programs
import Testing

/// Where processor time is spent, asked of a running engine.
@Suite(.serialized, .ownThreads) struct ProfileTests {
    /// Reads a pprof file's outermost fields: how many samples there are, their counts together, and the texts.
    private static let reader = """
        import gzip, sys
        data = gzip.open(sys.argv[1]).read()
        def fields(data):
            place = 0
            def number():
                nonlocal place
                value = shift = 0
                while True:
                    byte = data[place]; place += 1
                    value |= (byte & 127) << shift; shift += 7
                    if byte < 128: return value
            while place < len(data):
                key = number()
                if key & 7 == 0: yield key >> 3, number()
                else:
                    size = number()
                    yield key >> 3, data[place:place + size]
                    place += size
        samples = [list(fields(value)) for number, value in fields(data) if number == 2]
        locations = {dict(fields(value))[1] for number, value in fields(data) if number == 4}
        assert all(value in locations for sample in samples for number, value in sample if number == 1)
        print(sum([value for number, value in sample if number == 2][0] for sample in samples))
        print([value.decode() for number, value in fields(data) if number == 6])
        """

    @Test func `with --profiling it is told where processor time goes, without there is no such page`() async throws {
        let folder = try Folder()
        let tokens = try folder.write("tokens.csv", "profile-test,tester,1,\"system:masters\"\nother-test,other,2\n")
        let alone = ["--without", "controllers,scheduler,node,proxy,reconciler", "--token-auth-file", tokens]
        let curl = try #require(Program.find("curl"))
        func ask(_ cluster: Cluster, _ query: String, token: String = "profile-test", _ arguments: String...) throws -> String {
            let path = "\(cluster.address)/debug/pprof/profile\(query)"
            let common = ["-sk", "-w", "%{http_code}", "-H", "Authorization: Bearer \(token)"]
            return try Program.run(curl, common + arguments + [path]).output
        }
        let plain = try await Cluster(state: folder.path + "/plain", alone)
        #expect(try ask(plain, "").hasSuffix("404"))
        let cluster = try await Cluster(state: folder.path + "/state", alone + ["--profiling"])
        #expect(try ask(cluster, "", token: "other-test").hasSuffix("403"))
        #expect(try ask(cluster, "?seconds=x").contains("seconds must be a number from 1 to 300"))
        // What it is kept busy with meanwhile.
        let load = "while curl -sk -o /dev/null -H 'Authorization: Bearer profile-test' \(cluster.address)/openapi/v2; do :; done"
        let busy = try Background("/bin/sh", ["-c", load])
        try await eventually("samples are taken") {
            guard try ask(cluster, "?seconds=1", "-o", "\(folder.path)/profile") == "200" else { return false }
            let read = try Program.run(try #require(Program.find("python3")), ["-c", Self.reader, "\(folder.path)/profile"])
            try #require(read.status == 0, "\(read.errors)")
            let lines = read.output.split(separator: "\n")
            #expect(lines[1].contains("'', 'samples', 'count', 'cpu', 'nanoseconds'") && lines[1].contains("/skiff'"), "\(lines)")
            return (Int(lines[0]) ?? 0) > 0
        }
        #expect(busy.isRunning)

        // One at a time; and the server's end waits for none.
        let long = try Background(
            curl,
            ["-sk", "-D", "\(folder.path)/head", "-o", "/dev/null", "-H", "Authorization: Bearer profile-test"]
                + ["\(cluster.address)/debug/pprof/profile?seconds=300"])
        try await eventually("a long one has begun") {
            (try? String(contentsOfFile: "\(folder.path)/head", encoding: .utf8))?.contains(" 200") == true
        }
        #expect(try ask(cluster, "?seconds=1").contains("a profile is being taken already"))
        #expect(long.isRunning)
        #expect(try await cluster.end(SIGTERM) == 0)
    }
}
