// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace Wfpatch.Core.Tests.Matching;

/// <summary>Runs the real compiler in a directory of its own that is removed at once.</summary>
internal static class Gcc
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Writes the sources, runs each command line (program first) and returns the files that are asked for.</summary>
    public static Dictionary<string, byte[]> Build(IReadOnlyDictionary<string, string> sources, IEnumerable<string[]> commands, params string[] results)
    {
        var folder = Directory.CreateTempSubdirectory("wfpatch-test-");
        try
        {
            foreach (var (name, text) in sources)
            {
                File.WriteAllText(Path.Combine(folder.FullName, name), text);
            }
            foreach (var command in commands)
            {
                Run(folder.FullName, command);
            }
            return results.ToDictionary(r => r, r => File.ReadAllBytes(Path.Combine(folder.FullName, r)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Run(string folder, string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = folder, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{command[0]} does not start.");
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            throw new TimeoutException($"{string.Join(' ', command)} takes too long.");
        }
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)}: {errors.Result}");
        }
    }
}
