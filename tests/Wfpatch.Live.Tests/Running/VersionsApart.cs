// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <param name="Overlaps">How often two versions were executed at the same time.</param>
/// <param name="Newest">The version that was entered last.</param>
public sealed record ApartReport(long Calls, long Overlaps, int Newest);

/// <summary>apart.c: threads that count who is in which version.</summary>
public sealed class VersionsApart : IAsyncDisposable
{
    private readonly TestTarget _target;

    private VersionsApart(TestTarget target) => _target = target;

    public int Id => _target.Id;

    public static async Task<VersionsApart> StartAsync(TestPatch patch, int threads, params ImmutableArray<string> more) =>
        new(await PatchableTarget.StartAsync("apart", patch, ["--threads", $"{threads}", .. more]));

    public async Task<ApartReport> ReportAsync()
    {
        string line = await _target.AskAsync("report", TestContext.Current.CancellationToken);
        var fields = line.Split(' ').Skip(1).Select(f => f.Split('=')).ToDictionary(f => f[0], f => long.Parse(f[1], CultureInfo.InvariantCulture));
        return new(fields["calls"], fields["overlaps"], (int)fields["newest"]);
    }

    /// <summary>All threads run this version, and never was one in another at the same time.</summary>
    public async Task ExpectApartAsync(int version)
    {
        var before = await ReportAsync();
        var after = await Until.TrueAsync(ReportAsync, r => r.Calls > before.Calls + 20);
        Assert.Equal((0, version), (after.Overlaps, after.Newest));
    }

    public Task<string> ReleaseAsync() => _target.AskAsync("release", TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _target.DisposeAsync();
}
