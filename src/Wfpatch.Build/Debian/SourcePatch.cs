// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Processes;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Debian;

/// <summary>A source patch as the user gives it, applied with <c>patch -p1</c>.</summary>
internal static class SourcePatch
{
    private static readonly string[] UnitExtensions = [".c", ".cc", ".cpp", ".cxx", ".C"];

    public static async Task<Refusal?> ApplyAsync(string tree, string patchFile, string log, CancellationToken cancel)
    {
        var run = await new ToolRun(log, cancel) { WorkingFolder = tree }.RunAsync("patch", "-p1", "--batch", "--forward", "--no-backup-if-mismatch", "-i", patchFile);
        if (run.Missing is { } tool)
        {
            return BuildRefusals.ToolMissing.About(tool, $"The program {tool} is not installed; install the package dpkg-dev.");
        }
        if (!run.IsOk)
        {
            return BuildRefusals.PatchDoesNotApply.About(Path.GetFileName(patchFile), $"{Path.GetFileName(patchFile)} does not apply to the installed version's source; see {log}.");
        }
        if (ChangedFiles(File.ReadLines(patchFile)).Any(f => !UnitExtensions.Contains(Path.GetExtension(f))))
        {
            DeleteObjects(tree);
        }
        return null;
    }

    /// <summary>The new names of the files that a unified diff changes, without their first folder.</summary>
    internal static IEnumerable<string> ChangedFiles(IEnumerable<string> lines) => lines
        .Where(l => l.StartsWith("+++ ", StringComparison.Ordinal))
        .Select(l => l[4..].Split('\t')[0].Trim())
        .Select(n => n.Contains('/') ? n[(n.IndexOf('/') + 1)..] : n);

    // Packages are configured without dependency tracking, so that make does not know who includes a changed header.
    private static void DeleteObjects(string tree)
    {
        foreach (string pattern in new[] { "*.o", "*.lo", "*.a", "*.la" })
        {
            foreach (string file in Directory.EnumerateFiles(tree, pattern, SearchOption.AllDirectories))
            {
                File.Delete(file);
            }
        }
    }
}
