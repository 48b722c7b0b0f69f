import ClusterAPI
import ClusterObjects

/// A file of a commit: its path below `--path`, the id of its content, and its bytes.
public struct ManifestFile: Sendable {
    public var path: String
    public var id: String
    public var bytes: [UInt8]
    /// Of the whole content, where `bytes` leave out what is too large to be read.
    public var size: Int

    public init(path: String, id: String, bytes: [UInt8]) {
        self.path = path
        self.id = id
        self.bytes = bytes
        size = bytes.count
    }

    /// A file larger than ``YAMLLimits/size``, whose content is not looked at.
    public init(path: String, id: String, unreadSize size: Int) {
        self.init(path: path, id: id, bytes: [])
        self.size = size
    }
}

/// What the manifests of a commit say. A commit with problems changes nothing.
public struct LoadResult: Sendable {
    /// In the order in which they are applied: CustomResourceDefinitions, Namespaces, the rest; within that by file and line.
    public var objects: [LoadedObject]
    public var problems: [LoadProblem]
}

/// Turns the files of a commit into checked objects. Keeps what it parsed, so that only changed files are parsed again.
public struct ManifestLoader: Sendable {
    private struct Document: Sendable {
        var value: Value
        var source: SourceMap
    }

    private struct ParsedFile: Sendable {
        var id: String
        var documents: [Document]
        var problems: [LoadProblem]
        /// What checking found in each document, and with which kinds.
        var checked: [(object: LoadedObject?, problems: [LoadProblem])] = []
        var kinds: KnownKinds.Version?

        /// Checks the documents, unless that has been done with the same kinds.
        mutating func check(_ path: String, _ known: KnownKinds) {
            guard kinds != known.version else { return }
            checked = documents.map { ManifestCheck(file: path, value: $0.value, source: $0.source, kinds: known).run() }
            kinds = known.version
        }
    }

    private let registry: Registry
    private let limits: YAMLLimits
    /// By path.
    private var parsed: [ExactText: ParsedFile] = [:]
    private var ignore = IgnoreRules()

    /// Bytes of the largest file that is read.
    public var mostBytes: Int { limits.size }

    public init(registry: Registry, limits: YAMLLimits = YAMLLimits()) {
        self.registry = registry
        self.limits = limits
    }

    /// Whether a tracked file is read: .yaml, .yml or .json, and in no folder whose name starts with a dot. `path` is below `--path`.
    public static func isManifest(_ path: String) -> Bool {
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") || path.hasSuffix(".json") else { return false }
        return !path.split(separator: "/").dropLast().contains { $0.hasPrefix(".") }
    }

    /// Loads a whole set of files at once.
    public static func load(files: some Sequence<ManifestFile>, ignore: String = "", registry: Registry) -> LoadResult {
        var loader = ManifestLoader(registry: registry)
        loader.setIgnoreRules(ignore)
        for file in files { loader.update(file) }
        return loader.result()
    }

    /// How many files are read: what is ignored is not.
    public var fileCount: Int { parsed.keys.count { !ignore.ignores($0.text) } }

    /// The content of `.skiffignore`; empty when there is none.
    public mutating func setIgnoreRules(_ text: String) {
        // The mark that some editors put before UTF-8 is no part of the first rule.
        ignore = IgnoreRules(text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text)
    }

    /// Whether a path with this content has been parsed already.
    public func has(_ path: String, id: String) -> Bool { parsed[ExactText(path)]?.id == id }

    /// Adds or replaces a file, whatever it is called: ``isManifest(_:)`` is for who chooses among files. Does nothing when its id is known.
    public mutating func update(_ file: ManifestFile) {
        guard !has(file.path, id: file.id) else { return }
        let (documents, errors) =
            file.size > limits.size ? ([], [YAML.tooLarge(file.size, limits)]) : YAML.read(file.bytes, limits: limits)
        var result = ParsedFile(id: file.id, documents: [], problems: [])
        result.problems = errors.map { LoadProblem(file: file.path, position: $0.position, message: $0.message) }
        if !errors.isEmpty, ManifestLoader.isTemplate(file.bytes) {
            result.problems[0].message += " (this looks like a template: commit what it makes, and name it in \(IgnoreRules.fileName))"
        }
        for document in documents { ManifestLoader.flatten(Document(value: document.value, source: document.source), into: &result) }
        parsed[ExactText(file.path)] = result
    }

    /// Whether text holds an action of Go's templates, as Helm's charts do.
    private static func isTemplate(_ bytes: [UInt8]) -> Bool { String(decoding: bytes, as: UTF8.self).contains("{{") }

    public mutating func remove(_ path: String) { parsed[ExactText(path)] = nil }

    /// `List` objects (of any kind whose name ends in List and that holds items) are their items.
    private static func flatten(_ document: Document, into file: inout ParsedFile) {
        guard let kind = document.value["kind"]?.string, kind.hasSuffix("List"), document.value["metadata"]?["name"] == nil,
            let items = document.value["items"]?.array
        else { return file.documents.append(document) }
        for (index, item) in items.enumerated() where !item.isNull {
            let source = document.source.part(at: [.field("items"), .index(index)], in: document.value)
            flatten(Document(value: item, source: source), into: &file)
        }
    }

    /// Everything the files say, checked against each other and the schemas; what has not changed is not checked again. O(objects).
    public mutating func result() -> LoadResult {
        let files = parsed.keys.filter { !ignore.ignores($0.text) }.sorted()
        let definitions = files.flatMap { parsed[$0]?.documents.map(\.value).filter(KnownKinds.isDefinition) ?? [] }
        let kinds = KnownKinds(registry: registry, definitions: definitions)
        var problems: [LoadProblem] = []
        var objects: [LoadedObject] = []
        var first: [ObjectID: LoadedObject] = [:]
        for path in files {
            parsed[path]?.check(path.text, kinds)
            guard let file = parsed[path] else { continue }
            problems += file.problems
            for (object, found) in file.checked {
                problems += found
                guard let object else { continue }
                if let other = first[object.id] {
                    problems.append(
                        LoadProblem(
                            file: path.text, position: object.source.start, object: object.id.description,
                            message: "the same object is in \(other.file):\(other.line) too: keep one of the two"))
                } else {
                    first[object.id] = object
                    objects.append(object)
                }
            }
        }
        let ordered = [0, 1, 2].flatMap { rank in objects.filter { ManifestLoader.rank($0) == rank } }
        return LoadResult(objects: ordered, problems: problems.sorted { $0.place < $1.place })
    }

    private static func rank(_ object: LoadedObject) -> Int {
        switch (object.gvk.group, object.gvk.kind) {
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): 0
        case ("", "Namespace"): 1
        default: 2
        }
    }
}
