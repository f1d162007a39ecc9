// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Servers;

/// <summary>Patch files from single units of a package's source: what users do with `wfpatch build --compile-commands`.</summary>
internal static class UnitPatch
{
    /// <summary>Where what the lab makes for a server lies.</summary>
    internal static string Folder(string server)
    {
        string folder = RepositoryRoot.Combine("out", "lab", server);
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>A source patch of ours.</summary>
    internal static string Source(string server, string name) => RepositoryRoot.Combine("lab", "servers", server, $"{name}.patch");

    /// <summary>Makes a patch file of a source patch for a program or library.</summary>
    /// <exception cref="InvalidOperationException">It was refused; the message says why.</exception>
    internal static async Task<string> BuildAsync(UnitSources sources, string server, string name, string binary, CancellationToken cancel)
    {
        string file = Path.Combine(Folder(server), $"{name}.wfp");
        ImmutableArray<string> command =
            ["build", "--compile-commands", sources.Database, "--source", sources.Folder, "--patch", Source(server, name), "--binary", binary, "--name", $"{server}-{name}", "-o", file];
        (await WfpatchTool.RunAsync(command, cancel)).OrThrow();
        return file;
    }

    /// <summary>Where a package's source lies and how it is compiled.</summary>
    internal static Task<UnitSources> PrepareAsync(UnitRecipe recipe, string version, CancellationToken cancel) =>
        UnitSources.PrepareAsync(recipe, version, null, new Telling(), cancel);

    private sealed class Telling : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value) => Console.Error.WriteLine($"lab: {value.Text}");
    }
}
