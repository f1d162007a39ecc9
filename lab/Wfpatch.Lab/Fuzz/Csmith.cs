// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Fuzz;

/// <summary>The generator of random C programs (Yang et al., PLDI 2011), as the packages csmith and libcsmith-dev have it.</summary>
/// <param name="Headers">The folder with csmith.h.</param>
internal sealed record Csmith(string Headers)
{
    private const string Header = "/csmith.h";

    /// <exception cref="InvalidOperationException">Its packages are not installed.</exception>
    internal static async Task<Csmith> FindAsync(CancellationToken cancel)
    {
        CommandResult listing = await ChildProcess.RunAsync(CommandLine.Of("dpkg", "-L", "csmith", "libcsmith-dev"), cancel);
        string? header = listing.Status.IsSuccess ? listing.Output.Split('\n').FirstOrDefault(f => f.EndsWith(Header, StringComparison.Ordinal)) : null;
        return header is null
            ? throw new InvalidOperationException("csmith and libcsmith-dev are not installed; ./wf install does it.")
            : new Csmith(header[..^Header.Length]);
    }

    /// <summary>Writes one program. What it writes depends on the seed and the options alone.</summary>
    internal static async Task<CProgram> GenerateAsync(uint seed, ImmutableArray<string> options, CancellationToken cancel)
    {
        ImmutableArray<string> arguments = ["--seed", $"{seed}", "--concise", "--no-argc", .. options];
        // It leaves a file where it runs (platform.info).
        var folder = Directory.CreateTempSubdirectory("wfpatch-csmith-");
        try
        {
            return CProgram.Parse((await ChildProcess.RunAsync(new("csmith", arguments, folder.FullName), cancel)).OrThrow().Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
