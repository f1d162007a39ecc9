// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Compilers;
using Wfpatch.Build.Trees;

namespace Wfpatch.Build.Sources;

/// <summary>Object files that a build must not take for finished.</summary>
internal static class ObjectFiles
{
    private static readonly string[] Extensions = [".o", ".lo", ".os", ".obj", ".gch"];

    /// <summary>Deletes what somebody compiled in the tree before us, without our flags.</summary>
    public static void DeleteAll(string tree)
    {
        foreach (string path in TreeFiles.Find(tree, "*").Where(p => Extensions.Contains(Path.GetExtension(p))).ToList())
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

    /// <summary>
    /// Deletes the objects of a tree without records whose compiler read a changed file, by the dependencies that it wrote beside them (NAME.d).
    /// Those hold paths from folders that nobody knows, so that file names count.
    /// </summary>
    /// <param name="changed">Paths of the files.</param>
    /// <param name="areUnits">All of them are compiled by themselves, so that make knows of them.</param>
    /// <returns>The full paths of the objects.</returns>
    public static ImmutableArray<string> DeleteReadersByName(string tree, IEnumerable<string> changed, bool areUnits)
    {
        var names = changed.Select(c => Path.GetFileName(c)!).ToHashSet();
        ImmutableArray<string> objects = [.. TreeFiles.Find(tree, "*.o").Where(p => Reads(p) ?? !areUnits)];
        foreach (string path in objects)
        {
            File.Delete(path);
            File.Delete(LibtoolFile(path));
        }
        return objects;

        bool? Reads(string path)
        {
            string dependencies = Path.ChangeExtension(path, ".d");
            return File.Exists(dependencies) ? DependencyFile.Parse(File.ReadAllText(dependencies)).Any(d => names.Contains(Path.GetFileName(d))) : null;
        }
    }

    // libtool's target is NAME.lo; the objects are NAME.o and .libs/NAME.o.
    private static string LibtoolFile(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        return Path.Combine(Path.GetFileName(folder) == ".libs" ? Path.GetDirectoryName(folder)! : folder, Path.GetFileNameWithoutExtension(path) + ".lo");
    }
}
