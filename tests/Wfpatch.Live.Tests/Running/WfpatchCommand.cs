// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>
/// The command line, run as users run it: what ./wf build left at out/wfpatch, or where that is missing or older, the build
/// that comes with these tests (the same program, not compiled ahead of time).
/// </summary>
public static class WfpatchCommand
{
    public static string Path { get; } = Find();

    /// <summary>Runs it with --json and gives its result with the document, which must be there and agree with the exit code.</summary>
    public static async Task<CommandReport> RunAsync(params ImmutableArray<string> arguments)
    {
        CommandResult result = await RunPlainAsync(arguments.Add("--json"));
        return CommandReport.Of(result);
    }

    public static Task<CommandResult> RunPlainAsync(params ImmutableArray<string> arguments) =>
        ChildProcess.RunAsync(new(Path, arguments), TestContext.Current.CancellationToken);

    /// <summary>Started, not waited for.</summary>
    public static ChildProcess Start(params ImmutableArray<string> arguments) => ChildProcess.Start(new(Path, arguments));

    private static string Find()
    {
        string published = RepositoryRoot.Combine("out", "wfpatch");
        // Beside us: .../bin/Wfpatch.Live.Tests/CONFIGURATION and .../bin/Wfpatch.Cli/CONFIGURATION.
        string configuration = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string built = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "..", "..", "Wfpatch.Cli", configuration, "wfpatch"));
        return File.Exists(published) && File.GetLastWriteTimeUtc(published) >= File.GetLastWriteTimeUtc(built + ".dll") ? published : built;
    }
}
