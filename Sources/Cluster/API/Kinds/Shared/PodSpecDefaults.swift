import ClusterObjects

/// The defaults of core/v1 that depend on other fields: pod specs, wherever they are embedded (pkg/apis/core/v1/defaults.go).
enum PodSpecDefaults {
    static func apply(to spec: inout Value) {
        guard spec.object != nil else { return }
        spec.fill("dnsPolicy", "ClusterFirst")
        spec.fill("restartPolicy", "Always")
        spec.fill("securityContext", .emptyObject)
        spec.fill("terminationGracePeriodSeconds", 30)
        spec.fill("schedulerName", "default-scheduler")
        // The older name of the field is kept in step with the newer one.
        if let name = spec["serviceAccountName"]?.string, !name.isEmpty {
            spec["serviceAccount"] = .string(name)
        } else if let name = spec["serviceAccount"]?.string, !name.isEmpty {
            spec["serviceAccountName"] = .string(name)
        }
        let usesHostNetwork = spec["hostNetwork"]?.bool ?? false
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            spec.editEach(list) { container in
                applyToContainer(&container)
                if usesHostNetwork, list != "ephemeralContainers" {
                    container.editEach("ports") { port in
                        if (port["hostPort"]?.int ?? 0) == 0, let number = port["containerPort"] { port["hostPort"] = number }
                    }
                }
            }
        }
        spec.editEach("volumes", applyToVolume)
    }

    /// Pods alone, not templates: what limits imply for requests, and service variables.
    static func applyToPod(_ spec: inout Value) {
        guard spec.object != nil else { return }
        for list in ["containers", "initContainers"] {
            spec.editEach(list) { container in
                container.edit("resources") { resources in
                    guard let limits = resources["limits"]?.object, !limits.isEmpty else { return }
                    for (name, quantity) in limits { resources["requests", default: .emptyObject].fill(name, quantity) }
                }
            }
        }
        spec.fill("enableServiceLinks", true)
        podResources(&spec)
    }

    /// What is asked for the pod as a whole, where some of it is said: huge pages as its containers may take them, requests as its
    /// containers have them or else as its limits.
    private static func podResources(_ spec: inout Value) {
        guard var given = spec.part("resources"), !given.map("requests").isEmpty || !given.map("limits").isEmpty else { return }
        let tree = spec.tree
        for (name, amount) in PodResources.ofContainers("limits", tree).sorted(by: { $0.key < $1.key })
        where ResourceListRules.isHuge(name) {
            given["limits", default: .emptyObject].fill(name, .string(amount.description))
        }
        for (name, amount) in PodResources.ofContainers("requests", tree).sorted(by: { $0.key < $1.key })
        where ResourceListRules.isOfPods(name) && !ResourceListRules.isHuge(name) {
            given["requests", default: .emptyObject].fill(name, .string(amount.description))
        }
        for (name, amount) in given.map("limits") where ResourceListRules.isOfPods(name) {
            given["requests", default: .emptyObject].fill(name, amount)
        }
        spec["resources"] = given
    }

    private static func applyToContainer(_ container: inout Value) {
        guard container.object != nil else { return }
        if (container["imagePullPolicy"]?.string ?? "").isEmpty, let image = container["image"]?.string, !image.isEmpty {
            container["imagePullPolicy"] = isLatest(image) ? "Always" : "IfNotPresent"
        } else if (container["imagePullPolicy"]?.string ?? "").isEmpty {
            container["imagePullPolicy"] = "IfNotPresent"
        }
        if (container["terminationMessagePath"]?.string ?? "").isEmpty {
            container["terminationMessagePath"] = "/dev/termination-log"
        }
        if (container["terminationMessagePolicy"]?.string ?? "").isEmpty { container["terminationMessagePolicy"] = "File" }
        container.fill("resources", .emptyObject)
        container.editEach("ports") { $0.fill("protocol", "TCP") }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] { container.edit(probe, applyToProbe) }
        container.edit("lifecycle") { lifecycle in
            for hook in ["postStart", "preStop"] { lifecycle.edit(hook) { $0.edit("httpGet", applyToHTTPGet) } }
        }
        container.editEach("env") { $0.edit("valueFrom", applyToDownwardFile) }
    }

    private static func applyToProbe(_ probe: inout Value) {
        let numbers = ["timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3]
        for (name, number) in numbers where (probe[name]?.int ?? 0) == 0 { probe[name] = Value(number) }
        probe.edit("httpGet", applyToHTTPGet)
        probe.edit("grpc") { $0.fill("service", "") }
    }

    private static func applyToHTTPGet(_ action: inout Value) {
        if (action["path"]?.string ?? "").isEmpty { action["path"] = "/" }
        if (action["scheme"]?.string ?? "").isEmpty { action["scheme"] = "HTTP" }
    }

    private static func applyToVolume(_ volume: inout Value) {
        guard volume.object != nil else { return }
        for source in ["secret", "configMap", "downwardAPI", "projected"] { volume.edit(source) { $0.fill("defaultMode", 420) } }
        volume.edit("downwardAPI") { $0.editEach("items", applyToDownwardFile) }
        volume.edit("projected") { projected in
            projected.editEach("sources") { source in
                source.edit("serviceAccountToken") { $0.fill("expirationSeconds", 3600) }
                source.edit("downwardAPI") { $0.editEach("items", applyToDownwardFile) }
            }
        }
        volume.edit("hostPath") { $0.fill("type", "") }
        volume.edit("ephemeral") { $0.edit("volumeClaimTemplate") { $0.edit("spec") { $0.fill("volumeMode", "Filesystem") } } }
        volume.edit("image") { image in
            if image.text("pullPolicy").isEmpty {
                image["pullPolicy"] = isLatest(image.text("reference")) ? "Always" : "IfNotPresent"
            }
        }
        let sources = (volume.object?.keys ?? []).filter { $0 != "name" }
        if sources.isEmpty { volume["emptyDir"] = .emptyObject }
    }

    private static func applyToDownwardFile(_ file: inout Value) {
        file.edit("fieldRef") { $0.fill("apiVersion", "v1") }
        file.edit("resourceFieldRef") { $0.fill("divisor", "0") }
    }

    /// Whether an image has no tag and no digest, or the tag `latest`.
    static func isLatest(_ image: String) -> Bool {
        let text = image.utf8
        if text.contains(UInt8(ascii: "@")) { return false }
        let last = text.lastIndex(of: UInt8(ascii: "/")).map { text[text.index(after: $0)...] } ?? text[...]
        guard let colon = last.lastIndex(of: UInt8(ascii: ":")) else { return true }
        return last[last.index(after: colon)...].elementsEqual("latest".utf8)
    }
}
