import ClusterAPI
import ClusterObjects
import ClusterStore

/// Answers as tables, which kubectl prints.
extension ResponseBytes {
    /// One object as a table of one row. What a subresource answers of another kind is shown by name and creation.
    static func table(_ object: APIObject, _ accepted: Accepted, _ resource: Resource, withColumns: Bool = true) -> [UInt8] {
        var shown = resource
        if object.kind != resource.kind {
            shown.kind = object.kind
            shown.plural = ""
            shown.columns = []
        }
        return renderer(shown, accepted).table(object.tree, withColumns: withColumns)
    }

    /// A page of a list as a table.
    static func table(_ page: Page, _ accepted: Accepted, _ resource: Resource) -> [UInt8] {
        var metadata: Value = ["resourceVersion": .string(String(page.revision))]
        if !page.continueToken.isEmpty { metadata["continue"] = .string(page.continueToken) }
        if let remaining = page.remaining { metadata["remainingItemCount"] = Value(remaining) }
        let objects = page.objects.map { ObjectBytes.object($0, as: resource.gvk).tree }
        return renderer(resource, accepted).table(objects, metadata: metadata)
    }

    private static func renderer(_ resource: Resource, _ accepted: Accepted) -> TableRenderer {
        TableRenderer(resource, including: accepted.included, version: accepted.version, now: .now)
    }
}
