/// Names of API types: `apps/v1`, `apps/v1, Kind=Deployment`, `apps/v1, Resource=deployments`.
public struct GroupVersion: Sendable, Hashable, CustomStringConvertible {
    public var group: String
    public var version: String

    public init(_ group: String, _ version: String) {
        self.group = group
        self.version = version
    }

    /// Reads an object's `apiVersion`: `v1` or `group/version`; nil with more than one slash or an empty part.
    public init?(apiVersion: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(parts.count == 2 ? String(parts[0]) : "", String(parts[parts.count - 1]))
    }

    public var description: String { group.isEmpty ? version : "\(group)/\(version)" }
}

public struct GroupVersionKind: Sendable, Hashable, CustomStringConvertible {
    public var group: String
    public var version: String
    public var kind: String

    public init(_ group: String, _ version: String, _ kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    public var groupVersion: GroupVersion { GroupVersion(group, version) }
    public var apiVersion: String { groupVersion.description }
    public var description: String { "\(apiVersion), Kind=\(kind)" }
}

/// The kind of resource a path names, version included: `/apis/apps/v1/deployments`.
public struct GroupVersionResource: Sendable, Hashable, CustomStringConvertible {
    public var group: String
    public var version: String
    public var resource: String

    public init(_ group: String, _ version: String, _ resource: String) {
        self.group = group
        self.version = version
        self.resource = resource
    }

    public var groupResource: GroupResource { GroupResource(group, resource) }
    public var groupVersion: GroupVersion { GroupVersion(group, version) }
    public var description: String { "\(groupVersion), Resource=\(resource)" }
}

/// `deployments.apps`, or `pods` of the core group.
public struct GroupResource: Sendable, Hashable, CustomStringConvertible {
    public var group: String
    public var resource: String

    public init(_ group: String, _ resource: String) {
        self.group = group
        self.resource = resource
    }

    public var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
}

/// Namespace and name of an object; the namespace is empty for what is cluster-scoped.
public struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
    public var namespace: String
    public var name: String

    public init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    public var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}
