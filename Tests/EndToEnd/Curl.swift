import Foundation
import Programs
import Testing

/// curl, which asks a cluster's API with the credentials of its kubeconfig.
struct Curl {
    let path: String
    /// The arguments that say whom to trust and who asks.
    let trust: [String]

    /// - Parameter folder: keeps the credentials.
    init(_ cluster: Cluster, _ folder: Folder) throws {
        path = try #require(Program.find("curl"))
        func credential(_ place: String, _ name: String) throws -> String {
            let text = try cluster.kubectl("config", "view", "--raw", "-o", "jsonpath={\(place)}").output
            let data = try #require(Data(base64Encoded: text))
            return try folder.write(name, String(decoding: data, as: UTF8.self))
        }
        trust = [
            "--cacert", try credential(".clusters[0].cluster.certificate-authority-data", "ca"),
            "--cert", try credential(".users[0].user.client-certificate-data", "cert"),
            "--key", try credential(".users[0].user.client-key-data", "key"),
        ]
    }

    func ask(_ arguments: String..., input: String? = nil) throws -> Outcome {
        try Program.run(path, ["-s", "-m", "60"] + trust + arguments, input: input)
    }
}
