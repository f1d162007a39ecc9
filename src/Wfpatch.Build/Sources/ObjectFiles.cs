// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Compilers;

namespace Wfpatch.Build.Sources;

/// <summary>Object files that a build must not take for finished.</summary>
internal static class ObjectFiles
{
    private static readonly string[] Extensions = [".o", ".lo", ".os", ".obj", ".gch"];

    /// <summary>Deletes what somebody compiled in the tree before us, without our flags.</summary>
    public static void DeleteAll(string tree)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string path in Directory.EnumerateFiles(tree, "*", options).Where(p => Extensions.Contains(Path.GetExtension(p))).ToList())
        {
            File.Delete(path);
        }
    }

    /// <summary>Deletes the objects whose compiler read one of the changed files: make does not always know of headers.</summary>
    public static void DeleteReaders(string records, IReadOnlySet<string> changed)
    {
        foreach (string path in RecordFolder.ObjectsThatRead(records, changed).Distinct().ToList())
        {
            File.Delete(path);
            File.Delete(LibtoolFile(path));
        }
    }

    // libtool's target is NAME.lo; the objects are NAME.o and .libs/NAME.o.
    private static string LibtoolFile(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        return Path.Combine(Path.GetFileName(folder) == ".libs" ? Path.GetDirectoryName(folder)! : folder, Path.GetFileNameWithoutExtension(path) + ".lo");
    }
}
