import ArgumentParser

/// `--encryption-provider-config`, for every command that may run an engine.
struct EncryptionOptions: ParsableArguments {
    @Option(
        name: .customLong("encryption-provider-config"),
        help: ArgumentHelp(
            "How Secrets and others are enciphered on disk: an EncryptionConfiguration with aesgcm, secretbox or identity.",
            valueName: "file"))
    var path: String?
}
