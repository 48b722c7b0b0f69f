import ClusterAPI
import ClusterObjects

/// Checks which kind a body says it is against the kind that the path means, in Kubernetes' words.
enum BodyKind {
    /// - Throws: 400 for another kind or version.
    static func check(_ body: Tree, _ gvk: GroupVersionKind, in registry: Registry) throws(APIError) {
        if body.isNull { return }
        guard body.isObject else {
            let type =
                #"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#
            throw unrecognized("json: cannot unmarshal \(goType(body)) into Go value of type \(type)", Array(body.bytes), gvk.kind)
        }
        let version = body["apiVersion"]?.string ?? ""
        let kind = body["kind"]?.string ?? ""
        // What is left out is what the path says.
        let isSameKind = kind.isEmpty || kind == gvk.kind
        let isSameVersion = version.isEmpty || version == gvk.apiVersion
        if isSameKind, isSameVersion { return }
        let given = GroupVersion(apiVersion: version.isEmpty ? gvk.apiVersion : version) ?? GroupVersion("", version)
        let name = kind.isEmpty ? gvk.kind : kind
        if isSameKind, given.group == gvk.group, isKnown(given, name, registry) {
            throw .badRequest(
                "the API version in the data (\(given)) does not match the expected API version (\(gvk.apiVersion))")
        }
        let isRegistered = isRegistered(given, name, registry)
        let why =
            isRegistered
            ? "converting (\(given.version).\(name)) to (\(package(gvk.group)).\(gvk.kind)): unknown conversion"
            : "no kind \"\(name)\" is registered for version \"\(given)\" in scheme \"\(scheme)\""
        throw .badRequest("\(name) in version \"\(given.version)\" cannot be handled as a \(gvk.kind): \(why)")
    }

    /// A body that cannot be read at all.
    static func unrecognized(_ error: String, _ body: [UInt8], _ kind: String) -> APIError {
        .badRequest(
            "the object provided is unrecognized (must be of type \(kind)): couldn't get version/kind; json parse error: \(error) (\(BodySummary.text(body)))"
        )
    }

    /// The Go package that holds the internal type of a group: its first label.
    static func package(_ group: String) -> String { group.isEmpty ? "core" : String(group.prefix { $0 != "." }) }

    /// Where kube-apiserver keeps its types.
    private static let scheme = "deps/github.com/openshift/kubernetes/pkg/api/legacyscheme/scheme.go:30"

    /// Kinds that every version has, and the one that errors and discovery have.
    private static let common: Set<String> = [
        "WatchEvent", "ListOptions", "GetOptions", "DeleteOptions", "CreateOptions", "UpdateOptions", "PatchOptions",
    ]
    private static let unversioned: Set<String> = ["Status", "APIVersions", "APIGroup", "APIGroupList", "APIResourceList"]

    private static func isRegistered(_ version: GroupVersion, _ kind: String, _ registry: Registry) -> Bool {
        if registry.resource(GroupVersionKind(version.group, version.version, kind)) != nil { return true }
        if kind.hasSuffix("List"),
            registry.resource(GroupVersionKind(version.group, version.version, String(kind.dropLast(4)))) != nil
        {
            return true
        }
        if common.contains(kind) { return registry.all.contains { $0.gvk.groupVersion == version && !$0.isCustom } }
        return version == GroupVersion("", "v1") && unversioned.contains(kind)
    }

    /// Served now, or once: beta versions still have types.
    private static func isKnown(_ version: GroupVersion, _ kind: String, _ registry: Registry) -> Bool {
        registry.resource(GroupVersionKind(version.group, version.version, kind)) != nil
            || (!version.group.isEmpty && version.version.contains("beta"))
    }

    private static func goType(_ tree: Tree) -> String {
        tree.isArray ? "array" : tree.string != nil ? "string" : tree.bool != nil ? "bool" : "number"
    }
}
