// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Testing.Tool;

/// <summary>The command line out/wfpatch, run as users run it.</summary>
public static class WfpatchTool
{
    /// <summary>WFPATCH in the environment, or what ./wf build leaves.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("WFPATCH") is { Length: > 0 } path
        ? path
        : RepositoryRoot.Combine("out", "wfpatch");

    public static bool Exists => File.Exists(Path);

    /// <summary>Makes a patch of two objects, or of two folders of objects.</summary>
    /// <exception cref="InvalidOperationException">It was refused; the message says why.</exception>
    public static async Task BuildAsync(string old, string changed, string patch, ImmutableArray<string> points = default, CancellationToken cancel = default)
    {
        ImmutableArray<string> more = points.IsDefaultOrEmpty ? [] : ["--points", string.Join(',', points)];
        (await RunAsync(["build", "--old", old, "--new", changed, "-o", patch, .. more], cancel)).OrThrow();
    }

    /// <summary>Makes a patch for the installed program of a Debian package.</summary>
    public static async Task BuildDebAsync(string package, string source, string patch, CancellationToken cancel = default) =>
        (await RunAsync(["build", "--host", "--deb", package, "--patch", source, "-o", patch], cancel)).OrThrow();

    public static Task<ToolReport> ApplyAsync(string patch, int pid, ImmutableArray<string> more = default, CancellationToken cancel = default) =>
        ReportAsync(["apply", patch, "--pid", $"{pid}", "--json", .. more.IsDefault ? [] : more], cancel);

    public static Task<ToolReport> StatusAsync(int pid, CancellationToken cancel = default) =>
        ReportAsync(["status", "--pid", $"{pid}", "--json"], cancel);

    public static Task<ToolReport> RevertAsync(int pid, string? id = null, CancellationToken cancel = default) =>
        ReportAsync(id is null ? ["revert", "--pid", $"{pid}", "--json"] : ["revert", "--pid", $"{pid}", id, "--json"], cancel);

    public static Task<CommandResult> RunAsync(ImmutableArray<string> arguments, CancellationToken cancel = default) => Exists
        ? ChildProcess.RunAsync(new(Path, arguments), cancel)
        : throw new FileNotFoundException($"{Path} is missing: run ./wf build");

    private static async Task<ToolReport> ReportAsync(ImmutableArray<string> arguments, CancellationToken cancel)
    {
        CommandResult result = await RunAsync(arguments, cancel);
        return ToolReport.Parse(result);
    }
}
