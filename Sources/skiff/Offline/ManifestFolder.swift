import Foundation
import ManifestLoader

/// Reads the manifests below a folder or one file, by the rules that hold for a repository: no folder whose name starts with a dot, nothing
/// that `.skiffignore` names.
struct ManifestFolder {
    var files: [ManifestFile] = []
    var ignore = ""

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    func load(into loader: inout ManifestLoader) {
        loader.setIgnoreRules(ignore)
        for file in files { loader.update(file) }
    }

    /// - Throws: `CommandFailure` when there is nothing to read at that path.
    init(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure("\(path): no such file or folder")
        }
        guard isFolder.boolValue else {
            files.append(try ManifestFolder.read(path, as: path))
            return
        }
        ignore = (try? String(contentsOfFile: "\(path)/\(IgnoreRules.fileName)", encoding: .utf8)) ?? ""
        let rules = IgnoreRules(ignore)
        guard let walk = FileManager.default.enumerator(atPath: path) else { throw CommandFailure("\(path): cannot be read") }
        for case let name as String in walk {
            if name.split(separator: "/").dropLast().contains(where: { $0.hasPrefix(".") }) { continue }
            guard ManifestLoader.isManifest(name), !rules.ignores(name) else { continue }
            // As in a repository: a link or a folder is no manifest, whatever it is called; reading a pipe would never end.
            guard walk.fileAttributes?[.type] as? FileAttributeType == .typeRegular else { continue }
            files.append(try ManifestFolder.read("\(path)/\(name)", as: name))
        }
        files.sort { $0.path < $1.path }
    }

    private static func read(_ path: String, as name: String) throws -> ManifestFile {
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        let most = YAMLLimits().size
        guard size <= most else { return ManifestFile(path: name, id: name, unreadSize: size) }
        // A pipe, which has no size before it is read, is as good as a file.
        guard let file = FileHandle(forReadingAtPath: path), let read = try? file.read(upToCount: most + 1) ?? Data() else {
            throw CommandFailure("\(path): cannot be read")
        }
        return read.count > most
            ? ManifestFile(path: name, id: name, unreadSize: read.count) : ManifestFile(path: name, id: name, bytes: Array(read))
    }
}
