// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Baselines;

/// <summary>A <see cref="BaselineHost"/> that was started for one target. It ends with this object, and when we end, since its input does.</summary>
internal sealed class BaselineProcess : IAsyncDisposable
{
    /// <summary>The command of the lab that runs a host.</summary>
    internal const string Verb = "baseline";

    private readonly ChildProcess _host;

    internal BaselineProcess(int target, string patchFile) => _host = ChildProcess.Start(new(
        Path.Combine(AppContext.BaseDirectory, "Wfpatch.Lab"),
        [Verb, "--pid", $"{target}", "--patch", patchFile],
        // Compiled whole when it is first called, and never again in the middle of a stop.
        Environment: ImmutableDictionary<string, string>.Empty.Add("DOTNET_TieredCompilation", "0")));

    /// <param name="verb">apply or revert.</param>
    internal async Task<BaselineReport> RunAsync(string verb, BaselineKind kind, TimeSpan limit, CancellationToken cancel)
    {
        _host.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verb} {kind} {(int)limit.TotalMilliseconds}"));
        return await _host.ReadLineAsync(cancel) is { } line
            ? BaselineReport.Parse(line)
            : throw new InvalidOperationException($"the process of the baselines has ended: {_host.Errors.Trim()}");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
