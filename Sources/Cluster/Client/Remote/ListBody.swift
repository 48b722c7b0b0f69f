import ClusterAPI
import ClusterObjects

/// Reads what a list request is answered with.
enum ListBody {
    /// Each item becomes an object of its own bytes, so that one that is kept does not keep the whole list; what lists of built-in kinds leave
    /// out of their items, apiVersion and kind, is put back.
    static func read(_ list: Tree) throws(APIError) -> ObjectList {
        guard let kind = list["kind"]?.string, kind.hasSuffix("List") else {
            throw APIError.internalError("not a list: \(list["kind"]?.string ?? "no kind")")
        }
        let prefix = Array(
            #"{"apiVersion":\#(Value.string(list["apiVersion"]?.string ?? "").jsonText),"kind":\#(Value.string(String(kind.dropLast(4))).jsonText),"#
                .utf8)
        var items: [APIObject] = []
        if let elements = list["items"]?.elements {
            items.reserveCapacity(elements.underestimatedCount)
            for item in elements {
                let bytes = item["kind"] == nil && item.count > 0 ? prefix + item.bytes.dropFirst() : Array(item.bytes)
                do throws(JSONError) { items.append(try APIObject(parsing: bytes)) } catch {
                    throw APIError.internalError("an item of the list: \(error)")
                }
            }
        }
        return ObjectList(
            items: items, resourceVersion: list["metadata"]?["resourceVersion"]?.string ?? "",
            continueToken: list["metadata"]?["continue"]?.string ?? "")
    }
}
