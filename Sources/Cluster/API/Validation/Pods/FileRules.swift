import ClusterObjects

/// What the files of volumes that are made of objects must be.
enum FileRules {
    static func mode(_ source: Value, _ key: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if let mode = source[key]?.int, !(0...0o777 ~= mode) {
            problems.append(
                .invalid(path / key, Value(mode), "must be a number between 0 and 0777 (octal), both inclusive"))
        }
    }

    static func items(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        for (index, item) in source.list("items").enumerated() {
            let here = (path / "items").index(index)
            problems.required(item, "key", here)
            localPath(item, here, &problems)
            mode(item, "mode", here, &problems)
        }
    }

    /// A field that holds a path, which may not be absent.
    static func localPath(_ item: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.required(item, "path", path)
        local(item.text("path"), path / "path", &problems)
    }

    /// A relative path that neither steps back nor starts with two dots, which are for what keeps volumes up to date.
    static func local(_ place: String, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.add(path, place, Formats.descendingPath(place))
        if place.hasPrefix(".."), !place.hasPrefix("../") {
            problems.append(.invalid(path, .string(place), "must not start with '..'"))
        }
    }

    /// A file that holds a field of the pod or an amount of one of its containers.
    static func downward(_ file: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        localPath(file, path, &problems)
        if let field = file.part("fieldRef") {
            let allowed = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"]
            DownwardRules.field(field, allowed, path / "fieldRef", &problems)
            if file.has("resourceFieldRef") {
                problems.append(
                    .invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
            }
        } else if let resource = file.part("resourceFieldRef") {
            DownwardRules.resource(resource, path / "resourceFieldRef", inVolume: true, &problems)
        } else {
            problems.append(.required(path, "one of fieldRef and resourceFieldRef is required"))
        }
        mode(file, "mode", path, &problems)
    }
}
