// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Build.Trees;

/// <summary>The files below a folder. Symbolic links are not followed: they may lead out of the tree, or around in it.</summary>
internal static class TreeFiles
{
    private static readonly EnumerationOptions Options = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <param name="pattern">Of the file's name, as <see cref="Directory.EnumerateFiles(string, string)"/> has it.</param>
    public static IEnumerable<string> Find(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern, Options);
}
