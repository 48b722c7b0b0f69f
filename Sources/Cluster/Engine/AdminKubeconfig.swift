import ClusterTransport
import Foundation

/// The kubeconfig that `skiff up` writes for the person who started it: a client certificate of `system:masters`.
struct AdminKubeconfig {
    var server: String
    var authority: String
    var credential: Credential

    /// On this machine sending an answer is cheaper than making it shorter. Every value is base64 or an address, so nothing needs quoting.
    var text: String {
        func encoded(_ pem: String) -> String { Data(pem.utf8).base64EncodedString() }
        return """
            apiVersion: v1
            kind: Config
            clusters:
            - name: skiff
              cluster:
                server: \(server)
                certificate-authority-data: \(encoded(authority))
                disable-compression: true
            users:
            - name: admin
              user:
                client-certificate-data: \(encoded(credential.certificate))
                client-key-data: \(encoded(credential.key))
            contexts:
            - name: skiff
              context:
                cluster: skiff
                user: admin
            current-context: skiff

            """
    }
}
