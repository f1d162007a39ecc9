// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Wfpatch.Lab.Servers;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Lab.Experiments;

/// <summary>How a run was made: enough to make it again. Nothing of it names a machine or a folder.</summary>
/// <param name="Title">The server with its package's version.</param>
/// <param name="Patch">What was applied and taken back, again and again.</param>
/// <param name="Long">What one more connection asked for meanwhile; empty: there was none.</param>
/// <param name="Kernel">Its release.</param>
/// <param name="Options">What was asked for.</param>
public sealed record RunConditions<TOptions>(
    string Server,
    string Title,
    string Patch,
    string Long,
    string Kernel,
    int Processors,
    string Wfpatch,
    string Runtime,
    [property: JsonPropertyName("is_privileged")] bool IsPrivileged,
    DateTimeOffset Began,
    TOptions Options)
{
    /// <summary>The machine's load average of one minute before and after; the run's own load is in the second.</summary>
    public ImmutableArray<double> Load { get; init; } = [];

    /// <summary>Whether a run that was begun under these conditions can go on under the present ones.</summary>
    internal bool AreMetBy(RunConditions<TOptions> now) => now with { Began = Began, Load = Load } == this;

    /// <summary>With the machine's load of this moment behind what is there.</summary>
    internal async Task<RunConditions<TOptions>> AddLoadAsync(CancellationToken cancel) => this with { Load = [.. Load, await PresentConditions.LoadAsync(cancel)] };
}

/// <summary>Reads the present conditions.</summary>
internal static class PresentConditions
{
    internal static async Task<RunConditions<TOptions>> ReadAsync<TOptions>(string server, ServerKit kit, ILabProcess process, TOptions options, CancellationToken cancel) => new(
        server, kit.Title, Path.GetFileNameWithoutExtension(kit.Visible), process.LongWork?.Title ?? "", await KernelAsync(cancel), Environment.ProcessorCount, Version, RuntimeInformation.FrameworkDescription, Environment.IsPrivilegedProcess, DateTimeOffset.UtcNow, options);

    /// <summary>The kernel's release.</summary>
    internal static async Task<string> KernelAsync(CancellationToken cancel) => (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancel)).Trim();

    /// <summary>Of wfpatch.</summary>
    internal static string Version { get; } = typeof(Commands).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>The machine's load average of one minute.</summary>
    internal static async Task<double> LoadAsync(CancellationToken cancel) =>
        double.Parse((await File.ReadAllTextAsync("/proc/loadavg", cancel)).Split(' ')[0], CultureInfo.InvariantCulture);
}
