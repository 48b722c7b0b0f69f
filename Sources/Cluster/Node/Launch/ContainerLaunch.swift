import ClusterObjects
import Glibc

/// Puts together what a container is started with.
struct ContainerLaunch: Sendable {
    let pod: Pod
    let directory: PodDirectory
    let volumes: PodVolumes
    let fields: PodFields
    let hostname: String

    /// - Throws: ``HostImage/Problem``, ``ConfigError``, ``SystemError`` or the API's error.
    func spec(for container: Tree, attempt: Int) async throws -> LaunchSpec {
        let image = container["image"]?.string ?? ""
        let program = try HostImage(image)
        let command = container["command"]?.strings ?? []
        if command.isEmpty { try program.check(image) }
        let environment = try await ContainerEnvironment(reader: volumes.reader, fields: fields).variables(of: container)
        let values = Dictionary(environment.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let arguments = (command + (container["args"]?.strings ?? [])).map { VariableExpansion.expand($0) { values[$0] } }

        var spec = LaunchSpec(arguments: command.isEmpty ? [program.command] + arguments : arguments)
        spec.environment = environment
        let home = ContainerLaunch.user(of: container, in: pod).map { $0 == 0 } ?? true ? "/root" : "/"
        for (name, value) in [("HOME", home), ("HOSTNAME", hostname), ("PATH", HostImage.path)] where values[name] == nil {
            spec.environment.insert((name, value), at: 0)
        }
        spec.isTerminal = container["tty"]?.bool == true
        spec.keepsInput = container["stdin"]?.bool == true
        spec.endsInput = container["stdinOnce"]?.bool == true
        spec.processOwner = container["targetContainerName"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        if spec.isTerminal, values["TERM"] == nil { spec.environment.insert(("TERM", "xterm"), at: 0) }
        spec.workingDirectory = container["workingDir"]?.string ?? ""
        spec.log = directory.log(container.name, attempt: attempt)
        spec.mounts = try mounts(of: container, values)
        try addMessageFile(container, attempt: attempt, to: &spec)
        try secure(&spec, container)
        return spec
    }

    private func mounts(of container: Tree, _ values: [String: String]) throws -> [LaunchSpec.Mount] {
        try (container["volumeMounts"].map { Array($0.elements) } ?? []).map { mount in
            guard let volume = pod.volumes.first(where: { $0.name == mount.name }) else {
                throw ConfigError("volume \"\(mount.name)\" of a mount is not in the pod")
            }
            let expression = mount["subPathExpr"]?.string.map { VariableExpansion.expand($0) { values[$0] } }
            let isWritten = PodVolumes.written.contains { volume[$0] != nil }
            return LaunchSpec.Mount(
                source: volumes.source(of: volume), subPath: expression ?? mount["subPath"]?.string ?? "",
                target: ContainerLaunch.absolute(mount["mountPath"]?.string ?? ""),
                isReadOnly: isWritten || mount["readOnly"]?.bool == true)
        }
    }

    /// What the container writes to its terminationMessagePath becomes the message of its end.
    private func addMessageFile(_ container: Tree, attempt: Int, to spec: inout LaunchSpec) throws {
        let path = ContainerLaunch.absolute(container["terminationMessagePath"]?.string ?? "/dev/termination-log")
        let file = ContainerLaunch.messageFile(directory, container.name, attempt)
        try TextFile.makeDirectory(directory.container(container.name))
        try TextFile.write([], to: file, mode: 0o666)
        spec.mounts.append(.init(source: file, target: path))
    }

    static func messageFile(_ directory: PodDirectory, _ name: String, _ attempt: Int) -> String {
        "\(directory.container(name))/\(attempt).message"
    }

    private static func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "/" + path }

    static func user(of container: Tree, in pod: Pod) -> Int? {
        container["securityContext"]?["runAsUser"]?.int ?? pod.spec?["securityContext"]?["runAsUser"]?.int
    }

    private func secure(_ spec: inout LaunchSpec, _ container: Tree) throws {
        let own = container["securityContext"]
        let shared = pod.spec?["securityContext"]
        spec.user = ContainerLaunch.user(of: container, in: pod)
        spec.group = own?["runAsGroup"]?.int ?? shared?["runAsGroup"]?.int
        if spec.user != nil, spec.group == nil { spec.group = spec.user == 0 ? nil : spec.user }
        spec.supplementalGroups = shared?["supplementalGroups"]?.elements.compactMap(\.int) ?? []
        if let group = shared?["fsGroup"]?.int { spec.supplementalGroups.append(group) }
        if own?["runAsNonRoot"]?.bool ?? shared?["runAsNonRoot"]?.bool ?? false, spec.user ?? 0 == 0 {
            throw ConfigError(
                "container has runAsNonRoot and image will run as root (pod: \"\(pod.name)_\(pod.namespace)(\(pod.uid))\", container: \(container.name))"
            )
        }
        spec.isRootReadOnly = own?["readOnlyRootFilesystem"]?.bool ?? false
        spec.forbidsNewPrivileges = own?["allowPrivilegeEscalation"]?.bool == false
        if own?["privileged"]?.bool == true {
            spec.capabilities = .all
        } else {
            spec.capabilities = Capabilities.standard.changed(
                adding: own?["capabilities"]?["add"]?.strings ?? [], dropping: own?["capabilities"]?["drop"]?.strings ?? [])
        }
    }
}
