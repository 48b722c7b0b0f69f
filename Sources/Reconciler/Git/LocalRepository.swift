import CLibgit2
import Glibc

/// A source on this machine, read without starting git: a look at one takes a tenth of a millisecond, where a process takes ten.
///
/// What is not plain (a repository of somebody else, many new objects, something missing) answers nil: then git does it, and says what is
/// wrong in its own words.
final class LocalRepository {
    private let repository: OpaquePointer
    /// A fetch of more new objects than this is git's, which packs them.
    private static let mostObjects = 256

    /// Opens the repository at a path, bare or with a work tree; nil when libgit2 does not take it.
    init?(path: String) {
        _ = GitObjects.started
        var pointer: OpaquePointer?
        guard git_repository_open(&pointer, path) == 0, let pointer else { return nil }
        repository = pointer
    }

    deinit { git_repository_free(repository) }

    // MARK: - Refs

    /// The refs that patterns of `git ls-remote` name: full names, and `HEAD` with `refs/heads/*`.
    func refs(_ patterns: [String]) -> RemoteRefs? {
        var found = RemoteRefs()
        for pattern in patterns {
            switch pattern {
            case "HEAD": addHead(to: &found)
            case "refs/heads/*": guard addBranches(to: &found) else { return nil }
            default: add(pattern, to: &found)
            }
        }
        return found
    }

    private func addHead(to found: inout RemoteRefs) {
        var head: OpaquePointer?
        guard git_reference_lookup(&head, repository, "HEAD") == 0, let head else { return }
        defer { git_reference_free(head) }
        var id = git_oid()
        // A branch that is not born yet is no ref.
        guard git_reference_name_to_id(&id, repository, "HEAD") == 0 else { return }
        found.commits["HEAD"] = GitObjects.hex(&id)
        if let target = git_reference_symbolic_target(head) { found.head = String(cString: target) }
    }

    private func addBranches(to found: inout RemoteRefs) -> Bool {
        var iterator: OpaquePointer?
        guard git_reference_iterator_glob_new(&iterator, repository, "refs/heads/*") == 0, let iterator else { return false }
        defer { git_reference_iterator_free(iterator) }
        var name: UnsafePointer<CChar>?
        while git_reference_next_name(&name, iterator) == 0, let name { add(String(cString: name), to: &found) }
        return true
    }

    private func add(_ name: String, to found: inout RemoteRefs) {
        // What a tag names is listed under its name with ^{}.
        let isPeeled = name.hasSuffix("^{}")
        var id = git_oid()
        guard git_reference_name_to_id(&id, repository, isPeeled ? String(name.dropLast(3)) : name) == 0 else { return }
        guard isPeeled else {
            found.commits[name] = GitObjects.hex(&id)
            return
        }
        var (tag, commit): (OpaquePointer?, OpaquePointer?) = (nil, nil)
        guard git_tag_lookup(&tag, repository, &id) == 0, let tag else { return }
        defer { git_tag_free(tag) }
        guard git_tag_peel(&commit, tag) == 0, let commit else { return }
        defer { git_object_free(commit) }
        if let target = git_object_id(commit) { found.commits[name] = GitObjects.hex(target) }
    }

    // MARK: - Objects

    /// Copies a commit, and everything it is made of that `objects` lacks; false when that is much, or something cannot be read or written.
    func copy(_ commit: String, to objects: GitObjects) -> Bool {
        guard let id = GitObjects.oid(commit) else { return false }
        var (source, target): (OpaquePointer?, OpaquePointer?) = (nil, nil)
        defer {
            git_odb_free(source)
            git_odb_free(target)
        }
        guard git_repository_odb(&source, repository) == 0, git_repository_odb(&target, objects.repository) == 0, let source, let target,
            let missing = missing(from: target, of: id)
        else { return false }
        return missing.allSatisfy { LocalRepository.copy($0, from: source, to: target) }
    }

    /// The objects of a commit that a database lacks; nil when they are too many or cannot be read. Each comes after what it names, so that
    /// whatever has been written is whole.
    private func missing(from target: OpaquePointer, of commit: git_oid) -> [git_oid]? {
        var ordered: [git_oid] = []
        var seen: Set<String> = []
        var waiting: [(id: git_oid, type: git_object_t, isEntered: Bool)] = [(commit, GIT_OBJECT_COMMIT, false)]
        while var next = waiting.popLast() {
            if next.isEntered {
                ordered.append(next.id)
                continue
            }
            guard seen.insert(GitObjects.hex(&next.id)).inserted,
                git_odb_exists_ext(target, &next.id, GIT_ODB_LOOKUP_NO_REFRESH.rawValue) == 0
            else { continue }
            guard ordered.count <= LocalRepository.mostObjects, waiting.count <= 64 * LocalRepository.mostObjects,
                let named = named(by: &next.id, next.type)
            else { return nil }
            waiting.append((next.id, next.type, true))
            waiting += named.map { ($0.id, $0.type, false) }
        }
        return ordered
    }

    /// The objects that one of a type names: of a commit its tree and parents, of a tree its entries but submodules; nil when it is absent.
    private func named(by id: inout git_oid, _ type: git_object_t) -> [(id: git_oid, type: git_object_t)]? {
        switch type {
        case GIT_OBJECT_COMMIT:
            var commit: OpaquePointer?
            guard git_commit_lookup(&commit, repository, &id) == 0, let commit else { return nil }
            defer { git_commit_free(commit) }
            guard let tree = git_commit_tree_id(commit) else { return nil }
            let parents = (0..<git_commit_parentcount(commit)).compactMap { git_commit_parent_id(commit, $0) }
            return parents.map { ($0.pointee, GIT_OBJECT_COMMIT) } + [(tree.pointee, GIT_OBJECT_TREE)]
        case GIT_OBJECT_TREE:
            var tree: OpaquePointer?
            guard git_tree_lookup(&tree, repository, &id) == 0, let tree else { return nil }
            defer { git_tree_free(tree) }
            return (0..<git_tree_entrycount(tree)).compactMap { index in
                guard let entry = git_tree_entry_byindex(tree, index), let id = git_tree_entry_id(entry) else { return nil }
                let type = git_tree_entry_type(entry)
                return type == GIT_OBJECT_TREE || type == GIT_OBJECT_BLOB ? (id.pointee, type) : nil
            }
        default: return []
        }
    }

    private static func copy(_ id: git_oid, from source: OpaquePointer, to target: OpaquePointer) -> Bool {
        var id = id
        var object: OpaquePointer?
        guard git_odb_read(&object, source, &id) == 0, let object else { return false }
        defer { git_odb_object_free(object) }
        var written = git_oid()
        return git_odb_write(&written, target, git_odb_object_data(object), git_odb_object_size(object), git_odb_object_type(object)) == 0
            && git_oid_equal(&written, &id) == 1
    }
}
